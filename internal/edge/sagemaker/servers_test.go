//go:build servers

package sagemaker_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	api "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/outbound"
	"github.com/assay-ml/assay/internal/edge/sagemaker"
	"github.com/assay-ml/assay/internal/edge/servertest"
	"github.com/assay-ml/assay/internal/release/mirror"
	"github.com/assay-ml/assay/internal/release/registry"
	"github.com/assay-ml/assay/internal/release/registry/registrytest"
)

// start starts moto, and leads the environment to it. Requests reach it one by one: moto counts the packages of a group and adds
// one in two steps, which AWS does in one.
func start(t *testing.T) (address string, reset func(*testing.T)) {
	python := os.Getenv("ASSAY_PEERS_PYTHON")
	require.NotEmpty(t, python, "set ASSAY_PEERS_PYTHON to the python of .ci/venv")
	port := servertest.FreePort(t)
	servertest.Start(t, "Running on", nil, filepath.Join(filepath.Dir(python), "moto_server"), "-H", "127.0.0.1", "-p", port)
	target := &url.URL{Scheme: "http", Host: "127.0.0.1:" + port}
	var one sync.Mutex
	proxy := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one.Lock()
		defer one.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "ASSAYTESTKEY", "AWS_SECRET_ACCESS_KEY": "assay-test-secret", "AWS_SESSION_TOKEN": "",
		"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"} {
		t.Setenv(name, value)
	}
	return front.URL, func(t *testing.T) {
		answer, err := http.Post(target.String()+"/moto-api/reset", "", nil)
		require.NoError(t, err)
		answer.Body.Close()
	}
}

func open(t *testing.T, address string) *sagemaker.Registry {
	r, err := sagemaker.Open(t.Context(), registrytest.Stages, sagemaker.Options{Endpoint: address, Guard: outbound.Guard{Loopback: true}, Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/serve:1"})
	require.NoError(t, err)
	return r
}

// TestServers starts moto once.
func TestServers(t *testing.T) {
	address, reset := start(t)
	t.Run("contract", func(t *testing.T) {
		registrytest.Run(t, func(t *testing.T) registrytest.Bench {
			reset(t)
			return registrytest.Bench{Backend: open(t, address)}
		})
	})
	t.Run("versions are packages with approvals, and what a hand changed is mended", func(t *testing.T) {
		reset(t)
		mends(t, open(t, address), address)
	})
	t.Run("names that SageMaker does not take are kept apart", func(t *testing.T) {
		reset(t)
		r := open(t, address)
		models := []string{"Clf", "clf", "clf-assay-log", "team/clf", "team_clf"}
		for _, model := range models {
			registrytest.Do(t, r, model, registrytest.Register("v1.0.0", onS3))
		}
		found, err := r.Models(t.Context())
		require.NoError(t, err)
		require.Equal(t, models, found)
	})
	t.Run("an entry that came too late does not count", func(t *testing.T) { survives(t, address, reset) })
}

var onS3 = registry.Record{Location: "s3://bucket/model.tar.gz", Digest: "sha256:abc"}

// packages describes those of a group as somebody does who knows nothing of Assay.
func packages(t *testing.T, client *api.Client, group string) []*api.DescribeModelPackageOutput {
	var all []*api.DescribeModelPackageOutput
	found, err := client.ListModelPackages(t.Context(), &api.ListModelPackagesInput{ModelPackageGroupName: &group, SortOrder: types.SortOrderAscending})
	require.NoError(t, err)
	for _, p := range found.ModelPackageSummaryList {
		said, err := client.DescribeModelPackage(t.Context(), &api.DescribeModelPackageInput{ModelPackageName: p.ModelPackageArn})
		require.NoError(t, err)
		all = append(all, said)
	}
	return all
}

func clientOf(address string) *api.Client {
	return api.New(api.Options{BaseEndpoint: &address, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("ASSAYTESTKEY", "assay-test-secret", "")})
}

func mends(t *testing.T, r *sagemaker.Registry, address string) {
	client := clientOf(address)
	registrytest.Do(t, r, "clf", registrytest.Register("v1.0.0", onS3))
	registrytest.Do(t, r, "clf", registrytest.Move("v1.0.0", "production"))
	registrytest.Do(t, r, "clf", registrytest.Register("v1.1.0", onS3))
	registrytest.Do(t, r, "clf", registrytest.Move("v1.1.0", "production"))
	approvals := map[string]types.ModelApprovalStatus{}
	all := packages(t, client, "clf")
	for _, p := range all {
		approvals[p.CustomerMetadataProperties["assay.version"]] = p.ModelApprovalStatus
		require.Equal(t, "s3://bucket/model.tar.gz", aws.ToString(p.InferenceSpecification.Containers[0].ModelDataUrl))
	}
	require.Equal(t, map[string]types.ModelApprovalStatus{"v1.0.0": types.ModelApprovalStatusRejected, "v1.1.0": types.ModelApprovalStatusApproved}, approvals)

	properties := map[string]string{"assay.version": "v1.0.0", "assay.stage": "archived", "owner": "me"}
	_, err := client.UpdateModelPackage(t.Context(), &api.UpdateModelPackageInput{ModelPackageArn: all[0].ModelPackageArn,
		ModelApprovalStatus: types.ModelApprovalStatusApproved, CustomerMetadataProperties: properties})
	require.NoError(t, err)
	found, err := mirror.Reconcile(t.Context(), r, r, "clf", false)
	require.NoError(t, err)
	var words []string
	for _, d := range found.Drifts {
		words = append(words, d.String())
	}
	require.Equal(t, []string{"tag assay.digest of v1.0.0 is nothing, and should be sha256:abc",
		"tag assay.location of v1.0.0 is nothing, and should be s3://bucket/model.tar.gz", "stage of v1.0.0 is Approved, and should be Rejected"}, words)
	found, err = mirror.Look(t.Context(), r, r, "clf")
	require.NoError(t, err)
	require.True(t, found.IsClean(), "%v", found)
	require.Equal(t, "me", packages(t, client, "clf")[0].CustomerMetadataProperties["owner"], "what is not Assay's stays")
}

// survives puts an entry into the log that came too late, and checks that those behind it count.
func survives(t *testing.T, address string, reset func(*testing.T)) {
	reset(t)
	r, client := open(t, address), clientOf(address)
	registrytest.Do(t, r, "clf", registrytest.Register("v1.0.0", onS3))
	registrytest.Do(t, r, "clf", registrytest.Move("v1.0.0", "staging"))
	first := packages(t, client, "clf-assay-log")[0]
	_, err := client.CreateModelPackage(context.Background(), &api.CreateModelPackageInput{ModelPackageGroupName: aws.String("clf-assay-log"),
		CustomerMetadataProperties: first.CustomerMetadataProperties})
	require.NoError(t, err)
	registrytest.Do(t, r, "clf", registrytest.Move("v1.0.0", "production"))
	log, err := open(t, address).Read(t.Context(), "clf")
	require.NoError(t, err)
	require.Len(t, log.Events, 4, "registered, to staging, from it, to production")
}

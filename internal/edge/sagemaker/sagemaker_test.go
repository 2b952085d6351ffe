package sagemaker_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/outbound"
	"github.com/assay-ml/assay/internal/edge/sagemaker"
	"github.com/assay-ml/assay/internal/release/registry"
)

// What SageMaker answers is explained without its message, which repeats accounts and key ids.
func TestWhatSageMakerSays(t *testing.T) {
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "ASSAYTESTKEY", "AWS_SECRET_ACCESS_KEY": "assay-test-secret", "AWS_SESSION_TOKEN": "",
		"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"} {
		t.Setenv(name, value)
	}
	for _, c := range []struct {
		status     int
		code, want string
	}{
		{http.StatusBadRequest, "AccessDeniedException", "SageMaker: list the packages of clf-assay-log: 400 AccessDeniedException (the credentials need sagemaker:CreateModelPackageGroup"},
		{http.StatusBadRequest, "UnrecognizedClientException", "have run out or are wrong"},
		{http.StatusBadRequest, "ThrottlingException", "run again later"},
		{http.StatusInternalServerError, "InternalFailure", "500 InternalFailure (SageMaker is busy"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, `{"__type": "`+c.code+`", "message": "arn:aws:iam::123456789012:user/ann may not"}`)
		}))
		r, err := sagemaker.Open(t.Context(), registry.Stages{}, sagemaker.Options{Endpoint: server.URL, Guard: outbound.Guard{Loopback: true}})
		require.NoError(t, err)
		_, err = r.Read(t.Context(), "clf")
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), "123456789012")
		server.Close()
		if c.code == "InternalFailure" {
			_, err = r.Read(t.Context(), "clf")
			require.ErrorContains(t, err, "no answer came")
		}
	}
}

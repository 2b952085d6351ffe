// Package sagemaker is the edge to Amazon SageMaker's model registry. A model is a group of model packages, one for each version;
// its approval is the stage in SageMaker's words. The log of a model is a group of its own: SageMaker numbers the packages of a group
// one after the other, and an entry says after which number it was written, so that of several at once all readers take the
// same one. That is a compare and swap which SageMaker itself does not have.
package sagemaker

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
	"github.com/aws/smithy-go/logging"

	"github.com/assay-ml/assay/internal/edge/outbound"
	"github.com/assay-ml/assay/internal/release/ledger"
	"github.com/assay-ml/assay/internal/release/mirror"
	"github.com/assay-ml/assay/internal/release/registry"
)

// SageMaker's limits (API reference: CreateModelPackage, CustomerMetadataProperties; CreateModelPackageGroup).
const (
	maxProperties = 50  // of a package
	maxProperty   = 256 // characters of a value
	maxGroup      = 63  // characters of a group's name
)

// The names of properties and tags.
const (
	modelTag  = "assay:model" // of the group that keeps a log
	afterKey  = "assay.after"
	onceKey   = "assay.once"
	logKey    = "assay.log."
	logSuffix = "-assay-log"
)

var form = ledger.Form{Limit: maxProperty, Packed: true}

// Options say where SageMaker is. What they leave out comes from the environment and the files of AWS's own tools.
type Options struct {
	Region   string
	Endpoint string // "" for Amazon's own, or AWS_ENDPOINT_URL_SAGEMAKER
	Image    string // of the container that serves the models, "" for none: such versions are kept, and SageMaker cannot deploy them
	Guard    outbound.Guard
}

// Registry is the model registry of an account and region. It implements registry.Backend and mirror.Mirror.
type Registry struct {
	client *sagemaker.Client
	stages registry.Stages
	image  string
	read   sync.Map // ARN of an entry → entry: entries never change
}

// Open finds credentials by AWS's default chain. No error shows them.
func Open(ctx context.Context, stages registry.Stages, options Options) (*Registry, error) {
	loaded, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.Nop{}))
	if err != nil {
		return nil, fmt.Errorf("the configuration of AWS cannot be read: check AWS_PROFILE, ~/.aws/config and ~/.aws/credentials: %w", err)
	}
	if _, err := loaded.Credentials.Retrieve(ctx); err != nil {
		return nil, fmt.Errorf("there are no credentials for AWS: in Actions run aws-actions/configure-aws-credentials before; elsewhere set AWS_PROFILE: %w", err)
	}
	client := sagemaker.NewFromConfig(loaded, func(o *sagemaker.Options) {
		if options.Region != "" {
			o.Region = options.Region
		}
		if options.Endpoint != "" {
			o.BaseEndpoint = &options.Endpoint
		}
		o.HTTPClient = &http.Client{Transport: outbound.Transport(options.Guard), CheckRedirect: stay}
	})
	return &Registry{client: client, stages: stages.OrDefaults(), image: options.Image}, nil
}

// stay follows no redirect: the signature is for this server.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// notInGroup are the characters that the name of a group cannot have. Small letters are kept apart from large ones by nobody: ARNs are
// in small ones.
var notInGroup = regexp.MustCompile(`[^a-z0-9]+`)

// groupOf is the name of a model's group: the model's own where SageMaker takes it, else one like it that no other model has.
func groupOf(model string) string {
	const digits = 8
	longest := maxGroup - len(logSuffix)
	name := strings.Trim(notInGroup.ReplaceAllString(strings.ToLower(model), "-"), "-")
	if name == model && len(name) <= longest && !strings.HasSuffix(name, logSuffix) {
		return name
	}
	sum := sha256.Sum256([]byte(model))
	return strings.TrimRight(name[:min(len(name), longest-digits-1)], "-") + "-" + hex.EncodeToString(sum[:])[:digits]
}

// Models implements registry.Backend.
func (r *Registry) Models(ctx context.Context) ([]string, error) {
	suffix, models := logSuffix, []string{}
	pages := sagemaker.NewListModelPackageGroupsPaginator(r.client, &sagemaker.ListModelPackageGroupsInput{NameContains: &suffix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explain(ctx, "list the groups of model packages", err)
		}
		for _, group := range page.ModelPackageGroupSummaryList {
			if !strings.HasSuffix(aws.ToString(group.ModelPackageGroupName), suffix) {
				continue
			}
			model, err := r.modelOf(ctx, group)
			if err != nil {
				return nil, err
			}
			log, err := r.Read(ctx, model)
			if err != nil {
				return nil, err
			}
			if len(log.Of().Versions) > 0 {
				models = append(models, model)
			}
		}
	}
	slices.Sort(models)
	return models, nil
}

// modelOf is the model whose log a group keeps.
func (r *Registry) modelOf(ctx context.Context, group types.ModelPackageGroupSummary) (string, error) {
	tags, err := r.client.ListTags(ctx, &sagemaker.ListTagsInput{ResourceArn: group.ModelPackageGroupArn})
	if err != nil {
		return "", explain(ctx, "read the tags of "+aws.ToString(group.ModelPackageGroupName), err)
	}
	for _, tag := range tags.Tags {
		if aws.ToString(tag.Key) == modelTag {
			return aws.ToString(tag.Value), nil
		}
	}
	return strings.TrimSuffix(aws.ToString(group.ModelPackageGroupName), logSuffix), nil
}

// Read implements registry.Backend.
func (r *Registry) Read(ctx context.Context, model string) (registry.Log, error) {
	entries, err := r.counting(ctx, model)
	return logOf(model, entries), err
}

// entry is a write, as its package tells it.
type entry struct {
	number int    // SageMaker's own
	after  int    // number of the entry that its writer saw last
	once   string // a text that no other entry has
	events []registry.Event
}

// counting reads the entries of a model that count. One that was written after the same entry as an earlier one came too late and
// does not; that holds also where entries before it are deleted.
func (r *Registry) counting(ctx context.Context, model string) ([]entry, error) {
	entries, err := r.entries(ctx, model)
	if err != nil {
		return nil, err
	}
	last := 0
	return slices.DeleteFunc(entries, func(e entry) bool {
		if e.after < last || len(e.events) == 0 {
			return true
		}
		last = e.number
		return false
	}), nil
}

func logOf(model string, entries []entry) registry.Log {
	log := registry.Log{Model: model}
	for _, e := range entries {
		log.Events = append(log.Events, e.events...)
		log.Revision = registry.Revision(strconv.Itoa(e.number))
	}
	return log
}

// entries reads all of a model's log group, the oldest first.
func (r *Registry) entries(ctx context.Context, model string) ([]entry, error) {
	found, err := r.packages(ctx, groupOf(model)+logSuffix)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, len(found))
	for i, p := range found {
		arn := aws.ToString(p.ModelPackageArn)
		if known, ok := r.read.Load(arn); ok {
			entries[i] = known.(entry)
			continue
		}
		properties, err := r.properties(ctx, arn)
		if err != nil {
			return nil, err
		}
		e := entry{number: int(aws.ToInt32(p.ModelPackageVersion)), once: properties[onceKey]}
		if e.events, err = form.Read(logKey, properties); err == nil {
			e.after, err = strconv.Atoi(properties[afterKey])
		}
		if err != nil {
			return nil, fmt.Errorf("the log of %s in SageMaker was changed by hand: package %s: %w", model, arn, err)
		}
		r.read.Store(arn, e)
		entries[i] = e
	}
	return entries, nil
}

// packages lists those of a group, the oldest first; a group that is not there has none.
func (r *Registry) packages(ctx context.Context, group string) ([]types.ModelPackageSummary, error) {
	var found []types.ModelPackageSummary
	pages := sagemaker.NewListModelPackagesPaginator(r.client, &sagemaker.ListModelPackagesInput{ModelPackageGroupName: &group})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isAbsent(err) {
			return nil, nil
		}
		if err != nil {
			return nil, explain(ctx, "list the packages of "+group, err)
		}
		found = append(found, page.ModelPackageSummaryList...)
	}
	slices.SortFunc(found, func(a, b types.ModelPackageSummary) int {
		return int(aws.ToInt32(a.ModelPackageVersion) - aws.ToInt32(b.ModelPackageVersion))
	})
	return found, nil
}

func (r *Registry) properties(ctx context.Context, arn string) (map[string]string, error) {
	found, err := r.client.DescribeModelPackage(ctx, &sagemaker.DescribeModelPackageInput{ModelPackageName: &arn})
	if err != nil {
		return nil, explain(ctx, "describe "+arn, err)
	}
	return found.CustomerMetadataProperties, nil
}

// Write implements registry.Backend. What the log changes in packages and approvals is shown after it; where that fails the error is a
// mirror.UnshownError.
func (r *Registry) Write(ctx context.Context, model string, after registry.Revision, events []registry.Event) error {
	if err := registry.CheckModel(model); err != nil {
		return err
	}
	if len(events) == 0 {
		return ctx.Err()
	}
	log, err := r.Read(ctx, model)
	if err != nil {
		return err
	}
	if log.Revision != after {
		return registry.ErrMoved
	}
	for _, group := range []string{groupOf(model), groupOf(model) + logSuffix} {
		if err := r.ensureGroup(ctx, group, model); err != nil {
			return err
		}
	}
	if log, err = r.add(ctx, model, after, events); err != nil {
		return err
	}
	if _, err := mirror.Align(ctx, r, log); err != nil {
		return &mirror.UnshownError{Err: err}
	}
	return nil
}

// ensureGroup makes a group where there is none of its name.
func (r *Registry) ensureGroup(ctx context.Context, group, model string) error {
	_, err := r.client.DescribeModelPackageGroup(ctx, &sagemaker.DescribeModelPackageGroupInput{ModelPackageGroupName: &group})
	if err == nil {
		return nil
	}
	if !isAbsent(err) {
		return explain(ctx, "describe the group "+group, err)
	}
	_, err = r.client.CreateModelPackageGroup(ctx, &sagemaker.CreateModelPackageGroupInput{ModelPackageGroupName: &group,
		ModelPackageGroupDescription: aws.String("Kept by Assay."),
		Tags:                         []types.Tag{{Key: aws.String(modelTag), Value: &model}}})
	if err != nil && !isThere(err) {
		return explain(ctx, "create the group "+group, err)
	}
	return nil
}

// add writes an entry, and looks whether it came first. AWS's client may send it twice after a lost answer; then one of the two counts.
func (r *Registry) add(ctx context.Context, model string, after registry.Revision, events []registry.Event) (registry.Log, error) {
	properties, err := form.Write(logKey, events)
	if err != nil {
		return registry.Log{}, err
	}
	if free := maxProperties - 2; len(properties) > free {
		return registry.Log{}, fmt.Errorf("SageMaker keeps %d characters of one change, and this one has more: shorten what is noted", free*maxProperty)
	}
	once := rand.Text()
	properties[afterKey], properties[onceKey] = cmp.Or(string(after), "0"), once
	_, err = r.client.CreateModelPackage(ctx, &sagemaker.CreateModelPackageInput{ModelPackageGroupName: aws.String(groupOf(model) + logSuffix),
		ModelPackageDescription: aws.String("An entry of Assay's log. It is no model."), ModelApprovalStatus: types.ModelApprovalStatusRejected,
		CustomerMetadataProperties: properties})
	if err != nil && isRefused(err) {
		return registry.Log{}, explain(ctx, "write to the log of "+model, err)
	}
	entries, readErr := r.counting(ctx, model)
	switch {
	case readErr != nil:
		return registry.Log{}, fmt.Errorf("%w: %w", registry.ErrUnsure, readErr)
	case slices.ContainsFunc(entries, func(e entry) bool { return e.once == once }):
		return logOf(model, entries), nil
	case err != nil:
		return registry.Log{}, fmt.Errorf("%w: %w", registry.ErrUnsure, explain(ctx, "write to the log of "+model, err))
	}
	return registry.Log{}, registry.ErrMoved
}

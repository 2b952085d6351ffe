package sagemaker

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"

	"github.com/assay-ml/assay/internal/release/mirror"
	"github.com/assay-ml/assay/internal/release/registry"
)

// The properties of a version's package. The first tells which it is.
const (
	versionKey    = "assay.version"
	stageKey      = "assay.stage"
	locationKey   = "assay.location"
	digestKey     = "assay.digest"
	commitKey     = "assay.commit"
	deprecatedKey = "assay.deprecated"
)

// shown is a package that shows a version.
type shown struct {
	arn        string
	approval   types.ModelApprovalStatus
	properties map[string]string
}

// look describes the packages of a model that Assay made, by their versions. Of two that two writers made at once the first counts.
func (r *Registry) look(ctx context.Context, model string) (map[string]shown, error) {
	found, err := r.packages(ctx, groupOf(model))
	if err != nil {
		return nil, err
	}
	all := map[string]shown{}
	for _, p := range found {
		said, err := r.client.DescribeModelPackage(ctx, &sagemaker.DescribeModelPackageInput{ModelPackageName: p.ModelPackageArn})
		if err != nil {
			return nil, explain(ctx, "describe "+aws.ToString(p.ModelPackageArn), err)
		}
		version := said.CustomerMetadataProperties[versionKey]
		if _, twice := all[version]; version != "" && !twice {
			all[version] = shown{aws.ToString(p.ModelPackageArn), said.ModelApprovalStatus, said.CustomerMetadataProperties}
		}
	}
	return all, nil
}

// Drift implements mirror.Mirror.
func (r *Registry) Drift(ctx context.Context, log registry.Log) ([]mirror.Drift, error) {
	all, err := r.look(ctx, log.Model)
	if err != nil {
		return nil, err
	}
	have, want := mirror.Facts{}, mirror.Facts{}
	for _, v := range log.Of().Versions {
		if v.Registered == nil {
			continue // nobody says what it is made of
		}
		there := mirror.Fact{Kind: mirror.Version, Version: v.Name}
		want[there] = "there"
		s, ok := all[v.Name]
		if !ok {
			continue // what it needs else is seen once it is there
		}
		have[there] = "there"
		approval := mirror.Fact{Kind: mirror.Stage, Version: v.Name}
		have[approval], want[approval] = string(s.approval), string(r.approvalOf(v))
		for key, text := range r.propertiesOf(v) {
			property := mirror.Fact{Kind: mirror.Tag, Version: v.Name, Name: key}
			have[property], want[property] = s.properties[key], text
		}
	}
	return mirror.Diff(have, want), nil
}

// approvalOf is what a stage is in SageMaker's words: only what is in production may be deployed.
func (r *Registry) approvalOf(v *registry.Version) types.ModelApprovalStatus {
	switch stage := v.Stage(r.stages); {
	case !v.Active || stage == r.stages.Archived:
		return types.ModelApprovalStatusRejected
	case stage == r.stages.Production:
		return types.ModelApprovalStatusApproved
	}
	return types.ModelApprovalStatusPendingManualApproval
}

// propertiesOf are the properties of a version's package; "" is none.
func (r *Registry) propertiesOf(v *registry.Version) map[string]string {
	properties := map[string]string{versionKey: v.Name, stageKey: v.Stage(r.stages), commitKey: v.Commit, locationKey: "", digestKey: "", deprecatedKey: ""}
	if record := v.Record(); record != nil {
		properties[locationKey], properties[digestKey] = record.Location, record.Digest
	}
	if e := v.Deprecated; e != nil {
		properties[deprecatedKey] = e.Reason
		if e.Reason == "" {
			properties[deprecatedKey] = "yes"
		}
	}
	for key, text := range properties {
		properties[key] = fit(text)
	}
	return properties
}

// notInProperty are the characters that a property's value cannot have (API reference, CustomerMetadataProperties).
var notInProperty = regexp.MustCompile(`[^\p{L}\p{Z}\p{N}_.:/=+\-@]`)

// fit makes a text one that a property can have; the text itself is in the log.
func fit(text string) string {
	runes := []rune(notInProperty.ReplaceAllString(text, "_"))
	return strings.TrimSpace(string(runes[:min(len(runes), maxProperty)]))
}

// Mend implements mirror.Mirror. All that differs of a version is mended at once.
func (r *Registry) Mend(ctx context.Context, log registry.Log, drifts []mirror.Drift) error {
	all, err := r.look(ctx, log.Model)
	if err != nil {
		return err
	}
	state := log.Of()
	versions := map[string]bool{}
	for _, d := range drifts {
		versions[d.Version] = true
	}
	for _, name := range slices.SortedFunc(maps.Keys(versions), registry.Compare) {
		if s, ok := all[name]; ok {
			err = r.update(ctx, s, state.Version(name))
		} else {
			err = r.create(ctx, log.Model, state.Version(name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// update sets the approval and the properties of a package. All properties are sent: moto takes them for the whole, the SDK's
// documentation does not say.
func (r *Registry) update(ctx context.Context, s shown, v *registry.Version) error {
	keep, remove := maps.Clone(s.properties), []string{}
	for key, text := range r.propertiesOf(v) {
		keep[key] = text
		if text == "" {
			delete(keep, key)
			remove = append(remove, key)
		}
	}
	slices.Sort(remove)
	_, err := r.client.UpdateModelPackage(ctx, &sagemaker.UpdateModelPackageInput{ModelPackageArn: &s.arn, ModelApprovalStatus: r.approvalOf(v),
		CustomerMetadataProperties: keep, CustomerMetadataPropertiesToRemove: remove})
	if err != nil {
		return explain(ctx, "update "+s.arn, err)
	}
	return nil
}

// create makes the package of a version. Of two that two made at once the first counts.
func (r *Registry) create(ctx context.Context, model string, v *registry.Version) error {
	properties := r.propertiesOf(v)
	maps.DeleteFunc(properties, func(_, text string) bool { return text == "" })
	input := &sagemaker.CreateModelPackageInput{ModelPackageGroupName: aws.String(groupOf(model)), ModelApprovalStatus: r.approvalOf(v),
		ModelPackageDescription: aws.String(model + "@" + v.Name), CustomerMetadataProperties: properties}
	if record := v.Record(); record != nil && strings.HasPrefix(record.Location, "s3://") && r.image != "" {
		input.InferenceSpecification = &types.InferenceSpecification{Containers: []types.ModelPackageContainerDefinition{{Image: &r.image, ModelDataUrl: &record.Location}}}
	}
	if _, err := r.client.CreateModelPackage(ctx, input); err != nil {
		return explain(ctx, fmt.Sprintf("register %s@%s", model, v.Name), err)
	}
	return nil
}

package baseline

import "encoding/json"

// File is a trained model as it is kept: a linear score, Intercept plus the part of each feature, whose logistic function is the probability of the
// positive class in a classification. It holds values of the training table.
type File struct {
	Task      string        `json:"task"`
	Target    string        `json:"target"`
	Positive  string        `json:"positive,omitempty"`
	Intercept float64       `json:"intercept"`
	Features  []FeaturePart `json:"features"`
}

// FeaturePart is what one column adds: Weight times (value − Mean) / Scale of a number, Missing where there is none; or the weight of its category.
type FeaturePart struct {
	Name       string             `json:"name"`
	Mean       float64            `json:"mean,omitempty"`
	Scale      float64            `json:"scale,omitempty"`
	Weight     float64            `json:"weight,omitempty"`
	Missing    float64            `json:"missing,omitempty"`
	Categories map[string]float64 `json:"categories,omitempty"`
}

// Model is the trained model as bytes that are the same for the same data; nil where nothing was learned.
func (r Result) Model() ([]byte, error) {
	if r.model == nil {
		return nil, nil
	}
	file := File{Task: r.Task, Target: r.Target, Positive: r.Positive, Intercept: r.model.Intercept}
	weights := r.model.Weights
	for _, f := range r.encoder.features {
		file.Features = append(file.Features, f.part(weights[:f.width()]))
		weights = weights[f.width():]
	}
	data, err := json.MarshalIndent(file, "", "  ")
	return append(data, '\n'), err
}

func (f *feature) part(weights []float64) FeaturePart {
	p := FeaturePart{Name: f.name}
	if !f.numeric {
		p.Categories = map[string]float64{}
		for name, place := range f.categories {
			p.Categories[name] = weights[place]
		}
		return p
	}
	if f.scale > 0 {
		p.Mean, p.Scale, p.Weight = f.mean, f.scale, weights[0]
	}
	if f.flagged {
		p.Missing = weights[len(weights)-1]
	}
	return p
}

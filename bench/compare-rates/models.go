package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"
)

// models are two scores of the same rows, drawn from a normal distribution each.
type models struct {
	rows       int
	groups     int     // of equal sizes, whose rows resemble each other; 0: rows are independent
	champion   float64 // by how many standard deviations its scores part the classes, or how many its errors have
	challenger float64
	// How many trainings of each there are, 0 where nobody tells them apart. One training of the champion is a model, and its quality is known.
	champions, challengers int
}

const (
	share       = 0.4 // of positive rows
	threshold   = 0.5 // from which on a score says positive
	resemblance = 0.6 // of the noise of both models' scores, and of rows of one group
	luck        = 0.2 // standard deviation over trainings of how far a model parts the classes
)

// gain is the true gain.
func (m models) gain(name string) float64 {
	metric := map[string]func(parted, spread float64) float64{"": accuracy, "auc": auc, "f1": f1, "balanced-accuracy": balanced, "mae": minusMAE}[name]
	spread := func(trainings int) float64 {
		if trainings > 1 {
			return luck
		}
		return 0
	}
	return metric(m.challenger, spread(m.challengers)) - metric(m.champion, spread(m.champions))
}

// found is how many of the positive rows are found by models whose parting has a spread over trainings.
func found(parted, spread float64) float64 {
	return distuv.UnitNormal.CDF((parted - threshold) / math.Hypot(1, spread))
}

var kept = distuv.UnitNormal.CDF(threshold)

func accuracy(parted, spread float64) float64 { return share*found(parted, spread) + (1-share)*kept }
func balanced(parted, spread float64) float64 { return (found(parted, spread) + kept) / 2 }
func minusMAE(sd, _ float64) float64          { return -sd * math.Sqrt(2/math.Pi) }

func auc(parted, spread float64) float64 {
	return distuv.UnitNormal.CDF(parted / math.Hypot(math.Sqrt2, spread))
}

func f1(parted, spread float64) float64 {
	hits := share * found(parted, spread)
	return 2 * hits / (hits + share + (1-share)*(1-kept))
}

// drawn is one draw under way.
type drawn struct {
	models
	random *rand.Rand
	size   int // rows of a group
	common []float64
	label  []int
	truth  []float64
}

// draw makes both files.
func (m models) draw(random *rand.Rand) (champion, challenger string) {
	d := drawn{models: m, random: random, size: m.rows}
	if m.groups > 0 {
		d.size = m.rows / m.groups
	}
	d.common = d.noise()
	for range m.rows {
		label := 0
		if random.Float64() < share {
			label = 1
		}
		d.label, d.truth = append(d.label, label), append(d.truth, random.NormFloat64())
	}
	return d.file(m.champion, m.champions), d.file(m.challenger, m.challengers)
}

// noise is standard normal, and alike within groups.
func (d drawn) noise() []float64 {
	values := make([]float64, d.rows)
	own, ofGroup := 1.0, 0.0
	for i := range values {
		if d.groups > 0 && i%d.size == 0 {
			own, ofGroup = math.Sqrt(1-resemblance), math.Sqrt(resemblance)*d.random.NormFloat64()
		}
		values[i] = ofGroup + own*d.random.NormFloat64()
	}
	return values
}

// file is the predictions of each training of a model, all columns of the rows beside them.
func (d drawn) file(parted float64, trainings int) string {
	var b strings.Builder
	b.WriteString("id,seed,label,prediction,score,truth,number,user,place,weight\n")
	for seed := range max(1, trainings) {
		of := parted
		if trainings > 1 {
			of += luck * d.random.NormFloat64()
		}
		noise := d.noise()
		for i, label := range d.label {
			own := math.Sqrt(resemblance)*d.common[i] + math.Sqrt(1-resemblance)*noise[i]
			score, said := of*float64(label)+own, 0
			if score > threshold {
				said = 1
			}
			fmt.Fprintf(&b, "%d,%d,%d,%d,%.17g,%.17g,%.17g,u%d,%d,%d\n", i, seed, label, said, score, d.truth[i], d.truth[i]+parted*own, i/d.size, i%d.size, 1+i%3)
		}
	}
	return b.String()
}

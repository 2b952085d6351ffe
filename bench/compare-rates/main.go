// Command compare-rates prints how often intervals of comparisons hold the true difference, and how often two models that are
// equally good are called better or worse; then whether the rows that an inconclusive comparison asks for are enough.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	repetitions := flag.Int("repetitions", 1000, "comparisons of each setting")
	lines := flag.String("lines", "", "only settings whose name holds this")
	flag.Parse()
	if err := show(context.Background(), *repetitions, *lines); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func show(ctx context.Context, repetitions int, lines string) error {
	fmt.Printf("%d comparisons each; nominal: 95 %% covered, 2.5 %% better, 2.5 %% worse where the models are the same\n\n", repetitions)
	fmt.Println("| setting | rows | true gain | covered | better | worse |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, s := range settings() {
		if !strings.Contains(s.name, lines) {
			continue
		}
		c, err := s.run(ctx, repetitions)
		if err != nil {
			return err
		}
		percent := func(n int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(c.repetitions)) }
		fmt.Printf("| %s | %d | %.4f | %s | %s | %s |\n", s.name, s.rows, s.gain, percent(c.covered), percent(c.better), percent(c.worse))
	}
	fmt.Println("\n| rows that it would take | margin | rows | equal models found not worse, of 80 % promised |")
	fmt.Println("|---|---|---|---|")
	for _, k := range promised {
		if !strings.Contains(k.name, lines) {
			continue
		}
		p, err := keep(ctx, k.name, k.metric, k.margin, repetitions)
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %s | %d | %.1f %% |\n", p.name, p.margin, p.rows, 100*float64(p.proven)/float64(p.tries))
	}
	return nil
}

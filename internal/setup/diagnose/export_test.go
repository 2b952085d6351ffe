package diagnose

// RuleNames are the rules in their order.
func RuleNames() []string {
	names := make([]string, len(rules))
	for i, rule := range rules {
		names[i] = rule.name
	}
	return names
}

package strict

import "strings"

// maxMisspelt bounds the names that are compared: nobody misspells a longer one by a letter.
const maxMisspelt = 64

// Closest is the known name that someone who wrote name most likely meant: the one with the fewest letters added, left
// out, changed or swapped, if these are at most a third of it. Case and the choice of - or _ do not count. It is ""
// where none is near.
func Closest(name string, known []string) string {
	best, fewest := "", len(name)/3+1
	if len(name) > maxMisspelt {
		return ""
	}
	for _, candidate := range known {
		if edits := distance(plain(name), plain(candidate)); edits < fewest {
			best, fewest = candidate, edits
		}
	}
	return best
}

// Suggest is a remedy for a name that is not known: what was most likely meant, then the other way out.
func Suggest(name string, known []string, otherwise string) string {
	if near := Closest(name, known); near != "" {
		return "did you mean " + near + "? " + otherwise
	}
	return otherwise
}

func plain(name string) string { return strings.ReplaceAll(strings.ToLower(name), "_", "-") }

// distance is the optimal string alignment distance of a and b, in letters.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}

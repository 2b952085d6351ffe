// Package report turns a result into bytes, within the budget of each surface: Markdown for comments and summaries, a page,
// plain text, annotations. Every renderer draws the neutral blocks of package finding; it knows no step and decides no
// verdict. Every string from outside goes through the escape of its surface.
package report

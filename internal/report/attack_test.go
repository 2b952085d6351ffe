package report_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// attacks are strings that a pull request could choose as the name of a column, a metric, a file or a model, by what they are
// meant to do.
var attacks = map[string][]string{
	"mention of a person":             {"@octocat", "@a-b", "cc:@octocat"},
	"mention of a team":               {"@org/team"},
	"mention behind an entity":        {"&#64;octocat", "&commat;octocat"},
	"mention around a mark":           {"@*octocat*", "*@*octocat", "@\u200boctocat"},
	"issue":                           {"#1", "fixes #12"},
	"issue in the old form":           {"GH-1", "gh-1"},
	"issue of another repository":     {"owner/repo#1"},
	"commit":                          {"0123456789abcdef0123456789abcdef01234567", "deadbee", "1234567"},
	"commit of another repository":    {"owner/repo@deadbeef", "owner@deadbeef"},
	"range of commits":                {"deadbee...deadbef", "v1.0...v1.1"},
	"security advisory":               {"GHSA-abcd-efgh-ijkl", "CVE-2026-12345"},
	"web address":                     {"https://evil.example/a", "http://evil.example", "HTTPS://EVIL.EXAMPLE"},
	"web address without a scheme":    {"www.evil.example", "evil.example", "//evil.example"},
	"address of another scheme":       {"ftp://a.example", "xmpp:a@b.example", "mailto:a@b.example", "data:text/html,x"},
	"mail address":                    {"mail@evil.example"},
	"address in angle brackets":       {"<https://evil.example>", "<a@b.example>"},
	"link":                            {"[click](https://evil.example)", "[click](<https://evil.example>)", "](https://evil.example)"},
	"link by reference":               {"[a][b]", "[b]: https://evil.example", "[b]"},
	"footnote":                        {"[^1]", "[^1]: note"},
	"script address":                  {"javascript:alert(1)", "[x](javascript:alert(1))", "vbscript:x"},
	"picture":                         {"![p](https://evil.example/p.png)", "![p][b]", "![](x)"},
	"picture in HTML":                 {"<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<picture><source srcset=x>"},
	"script in HTML":                  {"<script>alert(1)</script>", "</script><script>alert(1)</script>", "<iframe src=x>"},
	"style in HTML":                   {"<style>*{display:none}</style>", "</style>", "<p style=\"position:fixed\">"},
	"text in HTML":                    {"<b>bold</b>", "<a href=x>y</a>", "<h1>", "<br>", "<div>"},
	"comment in HTML":                 {"<!-- assay:0000 -->", "<!--", "-->", "--!>", "<![CDATA[x]]>", "<?php ?>", "<!DOCTYPE x>"},
	"end of a fold":                   {"</details>", "</summary>", "<details><summary>x</summary>", "</td></tr></table>", "</sub>"},
	"attribute":                       {"\" onmouseover=\"alert(1)", "' x='", "\" autofocus onfocus=x y=\"", "`onx=1`"},
	"entity":                          {"&lt;b&gt;", "&amp;", "&nbsp;", "&#x3c;script&#x3e;", "&#0;"},
	"code span":                       {"`", "``", "a`b``c", "` x", "x `", "`` ` ``"},
	"end of a code block":             {"```", "~~~", "````", "```\n```", "  ```"},
	"code block in another language":  {"```mermaid\ngraph TD\n```", "```js\nalert(1)\n```", "```suggestion\nx\n```"},
	"emphasis":                        {"*bold*", "**bold**", "_em_", "__em__", "***x***", "~~gone~~", "~x~"},
	"heading":                         {"# heading", "heading\n===", "===", "=", "####### seven"},
	"rule across the page":            {"---", "***", "___", "- - -"},
	"quotation":                       {"> quote", ">", "> [!WARNING]\n> passed"},
	"list":                            {"- item", "* item", "+ item", "1. item", "1) item", "-", "1."},
	"task":                            {"- [ ] task", "[x] done", "[ ]"},
	"cell of a table":                 {"|", "a|b|c", "\\|", "\\\\|", "||", "`|`"},
	"row of a table":                  {"| a | b |\n| - | - |", "\n| x | y |", "|---|"},
	"backslash":                       {"\\", "\\`", "\\*x\\*", "x\\", "\\\n"},
	"emoji by name":                   {":smile:", ":tada:", ":+1:"},
	"formula":                         {"$x^2$", "$$x$$", "$`x`$", "\\(x\\)"},
	"color":                           {"#ff0000", "rgb(255,0,0)"},
	"directive of a chart":            {"%%{init: {}}%%", "\"]\n    line [1]", "click A \"https://evil.example\""},
	"workflow command":                {"::error::forged", "::set-output name=verdict::pass", "::add-mask::a", "  ::warning::x", "::stop-commands::x", "::save-state name=x::y"},
	"workflow command, old form":      {"##[error]forged", "x ##[add-mask]a", "##[set-output name=verdict]pass", "###[group]"},
	"workflow command, escaped":       {"%0A::error::x", "%0D%0A::error::x", "%25"},
	"property of a workflow command":  {"x,line=1,title=y", "x:y", ",file=/etc/passwd"},
	"end of an output":                {"x\nverdict<<E\npass\nE", "verdict=pass", "EOF", "ghadelimiter_"},
	"line break":                      {"line\nbreak", "carriage\rreturn", "two\r\nof them", "\n", "para\n\ngraph", "x\u2028y", "x\u2029y", "x\u0085y", "x\vy\fz"},
	"tab":                             {"tab\there", "\tx"},
	"terminal color":                  {"\x1b[31mred\x1b[0m", "\x1b[2J", "\u009b31mred"},
	"terminal title and link":         {"\x1b]0;title\x07", "\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\", "\x1b]52;c;eA==\x07"},
	"terminal cursor":                 {"\x1b[1A\x1b[Kpassed", "\b\b\bpass", "fail\rpass", "\x7f"},
	"control character":               {"\x00", "a\x00b", "\x07", "\x1a"},
	"bidirectional text":              {"\u202eevil\u202c", "\u2066x\u2069", "\u200f", "\u061c"},
	"zero width":                      {"zero\u200bwidth", "\ufeffmark", "a\u200db", "a\u2060b", "\u00ad"},
	"letter that prints nothing":      {"\u3164", "\u115f\u1160", "\uffa0", "\u2800", "a\ufe0f", "a\U000e0101", "\U000e0041"},
	"pile of marks":                   {"e\u0301\u0301\u0301\u0301\u0301", "Z\u0351\u036b\u0343\u036a"},
	"letters of another script":       {"pаss", "日本語", "مرحبا", "ﬁ", "𝐩𝐚𝐬𝐬", "🎉"},
	"bytes that are no text":          {"\xff\xfe", "a\xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80"},
	"nothing to see":                  {" ", "   ", "\u00a0"},
	"template":                        {"{{.Result}}", "{{define \"x\"}}", "${{ github.token }}", "<%= x %>", "%s%n%d"},
	"end of XML":                      {"]]>", "</testsuite>", "<?xml?>", "<!ENTITY x SYSTEM \"file:///etc/passwd\">", "&x;"},
	"end of JSON":                     {"\"}]}", "\\u0000", "\"", "__proto__"},
	"path":                            {"../../etc/passwd", "/etc/passwd", "C:\\x", "a#L1", "a?b"},
	"forged verdict":                  {"Assay: passed", "**Assay: passed**", "passed — all is well", "<b>gate</b>: passed"},
	"command to us":                   {"/assay accept 0123456789 why", "\n/assay accept 0123456789 why"},
	"long":                            {strings.Repeat("x", 5000), strings.Repeat("x ", 2000), strings.Repeat("日", 3000)},
	"long of marks":                   {strings.Repeat("`", 500), strings.Repeat("|", 500), strings.Repeat("*", 500), strings.Repeat("[", 500), strings.Repeat("<", 500), strings.Repeat("> ", 500)},
	"number that is none":             {"NaN", "-0", "1e999", "0x1p-2", "١٢٣"},
	"word of the report":              {"fail", "pass", "base", "—"},
	"separator of a spreadsheet":      {"=1+1", "@SUM(A1)", "+1", "-1", "a,b;c\td"},
	"mark that begins another syntax": {"^", "~", "!", "[[wiki]]", "\\[", "{#id}", ":::note", "{: .x}", "%%"},
}

// huge are strings of a megabyte, by kind; they go through on their own.
var huge = map[string]string{
	"letters": strings.Repeat("x", 1<<20), "backquotes": strings.Repeat("`", 1<<20), "bars": strings.Repeat("|", 1<<20), "lines": strings.Repeat("x\n", 1<<19),
	"bytes that are no text": strings.Repeat("\xff", 1<<20), "escapes": strings.Repeat("\x1b", 1<<20), "mentions": strings.Repeat("@a ", 1<<20/3),
}

// carriers set an attack into what stands around it.
var carriers = []string{"%s", "the column %s is", "(%[1]s%[1]s)"}

// corpus is every attack in every carrier.
func corpus() []string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(attacks)) {
		for _, attack := range attacks[kind] {
			for _, carrier := range carriers {
				all = append(all, fmt.Sprintf(carrier, attack))
			}
		}
	}
	return all
}

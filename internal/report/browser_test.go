//go:build browser

package report_test

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
)

// tab is a page in Chromium, with everything that the browser complained about.
type tab struct {
	context.Context
	t          *testing.T
	mutex      sync.Mutex
	complaints []string
}

// browse opens the page of a result from a file, as a reader does.
func browse(t *testing.T, r finding.Result, fragment string, before ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, os.WriteFile(path, []byte(draw(t, "html", r)), 0o644))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1280, 900))...)
	t.Cleanup(stop)
	b := &tab{t: t}
	browser, closeTab := chromedp.NewContext(allocator, chromedp.WithListener(b.listen))
	t.Cleanup(closeTab)
	require.NoError(t, chromedp.Do(browser), "Chromium starts")
	limited, cancel := context.WithTimeout(browser, time.Minute)
	t.Cleanup(cancel)
	b.Context = limited
	b.do(append(before, chromedp.Navigate((&url.URL{Scheme: "file", Path: path, Fragment: fragment}).String()))...)
	return b
}

// command is a command of the browser's protocol.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// media is what the reader's screen, or paper, is.
func media(kind, scheme string) chromedp.Action[chromedp.Void] {
	return command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: kind, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

func click(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.CSS(selector))
}

func press(selector, keys string) chromedp.Action[chromedp.Void] {
	return chromedp.SendKeys(chromedp.CSS(selector), keys)
}

// listen collects console messages, exceptions, and what the policy or the network refused.
func (b *tab) listen(event any) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		b.complaints = append(b.complaints, e.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, fmt.Sprint(e.ExceptionDetails.Text, e.ExceptionDetails.Exception.Description))
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, fmt.Sprint(e.Args))
	}
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b, actions...))
}

// eval is the value of a JavaScript expression.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err)
	return value
}

func (b *tab) quiet() {
	b.t.Helper()
	b.mutex.Lock()
	defer b.mutex.Unlock()
	require.Empty(b.t, b.complaints)
}

// shown are the names of the rows that can be seen, from the top.
const shown = `Array.from(document.querySelectorAll("#table-1 tbody tr")).filter(r => r.checkVisibility()).map(r => r.cells[0].textContent)`

func name(i int) string { return fmt.Sprintf("measured_quantity_%03d", i) }

func TestBrowserOpensThePageWithoutAComplaint(t *testing.T) {
	for _, r := range []finding.Result{fixture(), resultOf("m", driftLike(30)), resultOf("<script>alert(1)</script>", deep("<img src=x onerror=alert(1)>"))} {
		browse(t, r, "").quiet()
	}
}

// A policy that nothing tests may be one that the browser cannot read: what is not ours must be refused.
func TestBrowserRefusesWhatThePageDidNotBring(t *testing.T) {
	b := browse(t, fixture(), "")
	b.do(chromedp.Evaluate[chromedp.Void](`document.body.append(Object.assign(document.createElement("img"), {src: "https://assay.invalid/x.png"}),
		Object.assign(document.createElement("script"), {textContent: "window.ran = true"}))`))
	require.Eventually(t, func() bool { b.mutex.Lock(); defer b.mutex.Unlock(); return len(b.complaints) >= 2 }, 10*time.Second, 50*time.Millisecond)
	for _, complaint := range b.complaints {
		require.Contains(t, complaint, "Content Security Policy")
	}
	require.False(t, eval[bool](b, `"ran" in window`))
}

func TestBrowserSortsByMouseAndByKeyboard(t *testing.T) {
	b := browse(t, resultOf("m", driftLike(12)), "")
	const header, order = `#table-1 thead th:nth-child(5)`, `document.querySelector("#table-1 thead th:nth-child(5)").ariaSort`
	written := eval[[]string](b, shown)
	require.Equal(t, name(0), written[0])

	b.do(click(header + " button"))
	require.Equal(t, "ascending", eval[string](b, order))
	require.Equal(t, []string{name(3), name(0)}, eval[[]string](b, shown)[:2], "the smallest p stands first, others keep their order")

	b.do(press(header+" button", kb.Enter))
	require.Equal(t, "descending", eval[string](b, order))
	require.Equal(t, name(3), eval[[]string](b, shown)[11])

	b.do(press(header+" button", " "))
	require.Equal(t, written, eval[[]string](b, shown), "the third time gives the order as written")
	require.False(t, eval[bool](b, `!!document.querySelector("[aria-sort]")`))
	require.False(t, eval[bool](b, `!!document.querySelector("#table-1 thead th:nth-child(2) button")`), "pictures have no order")
	b.quiet()
}

// What was not measured stands last whichever way a column is sorted, and infinities at their end.
func TestBrowserSortsWhatIsNoNumberLast(t *testing.T) {
	cells := map[string]finding.Cell{"a": finding.Absent{}, "b": finding.Number{Value: 1000}, "c": finding.Number{Value: 9.5, Unit: "ms"}, "d": finding.Delta{Value: math.Inf(-1)}, "e": finding.Number{Value: math.Inf(1)}}
	table := finding.Table{Title: "t", Header: []string{"name", "value"}}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		table.Rows = append(table.Rows, finding.Row{Cells: []finding.Cell{finding.Name(name), cells[name]}})
	}
	b := browse(t, resultOf("m", toy{blocks: []finding.Block{table}}), "")
	for _, want := range []string{"dcbea", "ebcda", "abcde"} {
		b.do(click(`#table-1 thead th:nth-child(2) button`))
		require.Equal(t, want, strings.Join(eval[[]string](b, shown), ""))
	}
}

func TestBrowserFiltersAndSaysHowManyRowsAreLeft(t *testing.T) {
	b := browse(t, resultOf("m", driftLike(30)), "")
	const count = `document.querySelector("output").textContent`
	require.Equal(t, []string{name(3), name(13), name(23)}, eval[[]string](b, shown), "a long table begins with what is worth a look")
	require.Equal(t, "3 of 30 rows", eval[string](b, count))

	b.do(press(`input[type=search]`, "fail 13"))
	require.Equal(t, []string{name(13)}, eval[[]string](b, shown))
	require.Equal(t, "1 of 30 rows", eval[string](b, count))

	b.do(press(`input[type=search]`, strings.Repeat(kb.Backspace, 7)), press(`input[type=checkbox]`, " "))
	require.Len(t, eval[[]string](b, shown), 30)
	require.Equal(t, "30 rows", eval[string](b, count))
	require.Equal(t, "status", eval[string](b, `document.querySelector("output").getAttribute("role")`))
	b.quiet()
}

// Links open what is folded around their target and take the keyboard along; the way back shows a row that the filter hid.
func TestBrowserOpensThePartThatALinkNames(t *testing.T) {
	const open, focus = `Array.from(document.querySelectorAll(".part[open] h4")).map(h => h.textContent).join()`, `document.activeElement.id || document.activeElement.textContent`
	b := browse(t, resultOf("m", driftLike(30)), "part-8")
	require.Equal(t, name(7), eval[string](b, open))
	require.Equal(t, "part-8", eval[string](b, focus))
	require.True(t, eval[bool](b, `(box => box.top >= 0 && box.top < innerHeight)(document.querySelector("#part-8").getBoundingClientRect())`))

	b.do(press(`#part-8 .back a`, kb.Enter))
	require.Eventually(t, func() bool { return eval[string](b, focus) == name(7) }, 5*time.Second, 20*time.Millisecond, "back at the row's link")
	require.Len(t, eval[[]string](b, shown), 30)

	b.do(click(`#row-4 a`))
	require.Eventually(t, func() bool { return eval[string](b, focus) == "part-4" }, 5*time.Second, 20*time.Millisecond)
	require.Equal(t, name(3)+","+name(7), eval[string](b, open))

	b.do(click(`[data-fold=""]`))
	require.Zero(t, eval[int](b, `document.querySelectorAll("details[open]").length`))
	b.do(click(`[data-fold=open]`))
	require.Zero(t, eval[int](b, `document.querySelectorAll("details:not([open]):not(.numbers)").length`))
	b.quiet()
}

// Without the script everything is there to read, no control is offered, and a link still opens its part.
func TestBrowserNeedsNoScript(t *testing.T) {
	b := browse(t, resultOf("m", driftLike(30)), "part-8", command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	require.Len(t, eval[[]string](b, shown), 30)
	require.False(t, eval[bool](b, `Array.from(document.querySelectorAll(".tools, thead button")).some(e => e.checkVisibility())`))
	require.True(t, eval[bool](b, `document.querySelector("#part-8 svg").checkVisibility()`))
}

func TestBrowserIsDarkWhereTheReaderIsAndLightOnPaper(t *testing.T) {
	const ground = `getComputedStyle(document.body).backgroundColor`
	b := browse(t, resultOf("m", driftLike(30)), "")
	require.Equal(t, "rgb(247, 247, 245)", eval[string](b, ground))
	b.do(media("", "dark"))
	require.Equal(t, "rgb(20, 23, 26)", eval[string](b, ground))
	b.do(media("print", "dark"))
	require.Equal(t, "rgb(255, 255, 255)", eval[string](b, ground))
	require.Len(t, eval[[]string](b, shown), 30, "paper has all rows")
	require.False(t, eval[bool](b, `Array.from(document.querySelectorAll(".tools, .skip, .back")).some(e => e.checkVisibility())`))
	require.True(t, eval[bool](b, `Array.from(document.querySelectorAll(".chart svg, table:not(.numbers table)")).every(e => e.checkVisibility({contentVisibilityAuto: true}) && e.getBoundingClientRect().height > 0)`), "and everything open")
	pdf, err := chromedp.Run(b, chromedp.PrintToPDF())
	require.NoError(t, err)
	require.NotEmpty(t, pdf)
	b.quiet()
}

// Nothing is wider than the screen, at the width of a phone and of a desk, with everything open and the longest of words.
func TestBrowserPageIsNoWiderThanTheScreen(t *testing.T) {
	for _, s := range []string{"plain", strings.Repeat("x", 5000), strings.Repeat("long words ", 60)} {
		b := browse(t, resultOf(s, deep(s), driftLike(10)), "")
		b.do(click(`[data-fold=open]`))
		for _, width := range []int64{320, 375, 1280} {
			b.do(chromedp.EmulateViewport(width, 800))
			require.LessOrEqual(t, eval[int64](b, `document.documentElement.scrollWidth`), width)
			require.Empty(t, eval[[]string](b, `Array.from(document.querySelectorAll("body *")).filter(e => !e.closest(".scroll, pre, .skip") && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 200))`))
		}
	}
}

// A table that scrolls sideways takes the focus, so that arrow keys reach its end; one that fits is no stop on the way.
func TestBrowserReachesTheEndOfWideTables(t *testing.T) {
	const stop = `document.querySelector("#table-1").parentElement.getAttribute("aria-label")`
	b := browse(t, resultOf("m", driftLike(4)), "", chromedp.EmulateViewport(375, 800))
	require.Eventually(t, func() bool { return eval[bool](b, stop+" !== null") }, 5*time.Second, 20*time.Millisecond)
	require.Contains(t, eval[string](b, stop), "Drift from train (500 rows) to current (300 rows)")
	b.do(chromedp.Focus(chromedp.CSS(".scroll[tabindex]")), chromedp.KeyEvent(strings.Repeat(kb.ArrowRight, 5)))
	require.Eventually(t, func() bool { return eval[float64](b, `document.querySelector(".scroll[tabindex]").scrollLeft`) > 0 }, 5*time.Second, 20*time.Millisecond)
	b.do(chromedp.EmulateViewport(1400, 800))
	require.Eventually(t, func() bool { return eval[bool](b, stop+" === null") }, 5*time.Second, 20*time.Millisecond)
}

// axe-core finds nothing: names, roles, contrasts, headings and tables, in the light and in the dark, on a desk and on a phone.
func TestBrowserPageIsAccessible(t *testing.T) {
	path := os.Getenv("ASSAY_AXE")
	require.NotEmpty(t, path, "set ASSAY_AXE to the axe.min.js that .ci/axe prints")
	axe, err := os.ReadFile(path)
	require.NoError(t, err)
	const run = `axe.run({resultTypes: ["violations"]}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 160) + " " + n.failureSummary)))`
	b := browse(t, resultOf("m", toyOf("column age"), driftLike(8)), "")
	b.do(click(`[data-fold=open]`), chromedp.Evaluate[chromedp.Void](string(axe)))
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{375, 1280} {
			b.do(chromedp.EmulateViewport(width, 900), media("", scheme))
			found := eval[[]string](b, run)
			require.Empty(t, found, "%s at %d", scheme, width)
		}
	}
}

// Command shot takes the README's picture of an HTML report as a reader meets it who asked for what is worth a look and opened the
// first column of it: shot report.html report.png.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: shot report.html report.png")
		os.Exit(2)
	}
	if err := shoot(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "shot:", err)
		os.Exit(1)
	}
}

// The size of the window, in CSS pixels.
const (
	width  = 1360
	height = 1240
)

func shoot(page, picture string) error {
	path, err := filepath.Abs(page)
	if err != nil {
		return err
	}
	browser, stop := chromedp.NewContext(context.Background(), chromedp.WithAllocatorOptions(chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true)))
	defer stop()
	if err := chromedp.Do(browser); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(browser, time.Minute)
	defer cancel()
	if err := chromedp.Do(limited, chromedp.EmulateViewport(width, height), chromedp.Navigate("file://"+path),
		chromedp.Click(chromedp.CSS(".step[open] input[type=checkbox]")), chromedp.Click(chromedp.CSS(".step[open] tbody tr:not(.quiet) a")),
		chromedp.WaitVisible(chromedp.CSS(".part[open] svg")), chromedp.Evaluate[chromedp.Void]("document.activeElement.blur(), scrollTo(0, 0)")); err != nil {
		return err
	}
	data, err := chromedp.Run(limited, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	return os.WriteFile(picture, data, 0o644)
}

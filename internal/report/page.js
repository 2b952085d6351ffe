// What this script adds to a page that can be read without it: sorting, filtering, folding, and the way into folded parts.
(() => {
  "use strict";
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  // A cell sorts by its number where it has one, else by its words. What was not measured is null.
  const keyOf = (cell) => {
    const key = cell.dataset.key;
    if (key === undefined) return cell.textContent.trim();
    return key === "" ? null : Number(key);
  };

  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a === b ? 0 : a < b ? -1 : 1;
    return String(a).localeCompare(String(b), "en", { numeric: true });
  };

  // Nulls stand last in both directions.
  const sorted = (rows, column, direction) => rows
    .map((row) => ({ row, key: keyOf(row.cells[column]) }))
    .sort((a, b) => (a.key === null || b.key === null ? (a.key === null) - (b.key === null) : direction * compare(a.key, b.key)))
    .map(({ row }) => row);

  // A header goes from its own order to ascending, descending and back.
  const sortable = (table) => {
    const written = Array.from(table.tBodies[0].rows);
    const headers = Array.from(table.tHead.rows[0].cells);
    headers.forEach((header, column) => {
      if (written.length < 2 || header.tagName !== "TH" || written.some((row) => !row.cells[column] || row.cells[column].matches(".bars, .trail"))) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const next = { ascending: "descending", descending: "none" }[header.ariaSort] ?? "ascending";
        headers.forEach((other) => other.removeAttribute("aria-sort"));
        if (next !== "none") header.ariaSort = next;
        const rows = next === "none" ? written : sorted(written, column, next === "ascending" ? 1 : -1);
        table.tBodies[0].append(...rows);
      });
    });
  };

  const filterable = (tools) => {
    const box = tools.parentElement;
    const rows = all("tbody tr", box.querySelector("table"));
    const words = tools.querySelector("input[type=search]");
    const loud = tools.querySelector("input[type=checkbox]");
    const filter = () => {
      const wanted = words.value.toLowerCase().split(/\s+/);
      rows.forEach((row) => {
        const content = row.textContent.toLowerCase();
        row.hidden = Boolean(loud?.checked && row.matches(".quiet")) || !wanted.every((word) => content.includes(word));
      });
      const shown = rows.filter((row) => !row.hidden).length;
      tools.querySelector("output").textContent = shown === rows.length ? `${shown} rows` : `${shown} of ${rows.length} rows`;
    };
    words.addEventListener("input", filter);
    loud?.addEventListener("change", filter);
    box.addEventListener("showall", () => {
      words.value = "";
      if (loud) loud.checked = false;
      filter();
    });
    filter();
  };

  // Opens everything around the target of a link, and takes the keyboard there.
  const reveal = (hash) => {
    const target = hash.length > 1 && document.getElementById(hash.slice(1));
    if (!target) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    if (target.hidden) target.dispatchEvent(new Event("showall", { bubbles: true }));
    target.scrollIntoView();
    (target.matches("tr") ? target.querySelector("a") : target).focus({ preventScroll: true });
  };

  all(".tools").forEach((tools) => { tools.hidden = false; });
  all("table[id]").forEach(sortable);
  all(".table > .tools").forEach(filterable);
  all("[data-fold]").forEach((button) => button.addEventListener("click", () => {
    all("main details:not(.numbers)").forEach((fold) => { fold.open = Boolean(button.dataset.fold); });
  }));

  // What scrolls sideways can be reached by the keyboard, and says what it is.
  const reachable = (box) => {
    if (box.scrollWidth <= box.clientWidth) {
      ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name));
      return;
    }
    box.tabIndex = 0;
    box.role = "group";
    box.ariaLabel = `${box.querySelector("caption")?.textContent ?? "Numbers"}, scrolls sideways`;
  };
  const watcher = new ResizeObserver((entries) => entries.forEach(({ target }) => reachable(target)));
  all(".scroll").forEach((box) => watcher.observe(box));

  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link) setTimeout(reveal, 0, link.hash);
  });
  addEventListener("hashchange", () => reveal(location.hash));
  reveal(location.hash);

  // On paper everything is open.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    closed.forEach((fold) => { fold.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((fold) => { fold.open = false; }));
})();

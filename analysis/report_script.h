// The script of the pages: tables that sort, and models that can be switched off. A page is complete without it; all
// controls appear only when it runs.
#pragma once

#include "core/namespaces.h"

namespace rnnbench::analysis {

// It makes no HTML out of text, so that no name of a model can become a tag.
inline constexpr const char* report_script = R"js(
(() => {
"use strict";

// What a cell is sorted by: a text or a number ("12 of 20" is a share, otherwise the first number of the text counts).
// null if there is none.
function keyOf(cell, kind) {
  const text = cell.textContent.trim();
  if (kind === "text") return text === "" || text === "-" ? null : text;
  if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
  const share = text.match(/^(\d+) of (\d+)$/);
  if (share) return Number(share[2]) > 0 ? share[1] / share[2] : null;
  const number = text.replace(/,(?=\d{3})/g, "").match(/-?(?:inf\b|\d+(?:\.\d+)?(?:e[-+]?\d+)?)/);
  if (!number) return null;
  const value = Number(number[0].replace("inf", "Infinity"));
  return text.startsWith(">") ? value + 1e-9 * Math.abs(value) : value;
}

// Rows without a key come last in both directions. The sort is stable: equal rows stay in their original order.
function sorted(rows, column, kind, direction) {
  const keys = new Map(rows.map((row) => [row, keyOf(row.cells[column], kind)]));
  const sign = direction === "descending" ? -1 : 1;
  return [...rows].sort((a, b) => {
    const x = keys.get(a), y = keys.get(b);
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * ((x > y) - (x < y));
  });
}

// The titles of columns become buttons: ascending, descending, and back to the original order.
function makeSortable(table) {
  const titles = [...table.querySelectorAll("th[data-sort]")], body = table.tBodies[0], rows = [...body.rows];
  if (rows.length < 2) return;
  for (const title of titles) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...title.childNodes);
    title.append(button);
    button.addEventListener("click", () => {
      const before = title.getAttribute("aria-sort");
      const direction = before === null ? "ascending" : before === "ascending" ? "descending" : null;
      for (const other of titles) other.removeAttribute("aria-sort");
      if (direction) title.setAttribute("aria-sort", direction);
      table.classList.toggle("sorted", direction !== null);
      body.append(...(direction ? sorted(rows, title.cellIndex, title.dataset.sort, direction) : rows));
    });
  }
}

// The switches hide rows of tables and parts of figures by the number of their model. The address of the page names the
// hidden models, so that a link shows the same view; in print, a note names them.
function useSwitches(switches) {
  const inputs = [...switches.querySelectorAll("input")], note = document.createElement("p");
  note.className = "not-shown";
  switches.after(note);
  const nameOf = (input) => input.parentElement.textContent.trim();
  const namesOff = () => inputs.filter((input) => !input.checked).map(nameOf);
  const show = () => {
    const hidden = new Set(inputs.filter((input) => !input.checked).map((input) => input.value));
    for (const part of document.querySelectorAll("[data-model]"))
      part.classList.toggle("off", hidden.has(part.dataset.model));
    note.textContent = hidden.size > 0 ? "Not shown: " + namesOff().join(", ") + "." : "";
  };
  const readAddress = () => {
    const hidden = new URLSearchParams(location.hash.slice(1)).getAll("hide");
    for (const input of inputs) input.checked = !hidden.includes(nameOf(input));
    show();
  };
  const change = () => {
    show();
    history.replaceState(null, "", "#" + new URLSearchParams(namesOff().map((name) => ["hide", name])));
  };
  switches.addEventListener("change", change);
  for (const button of switches.querySelectorAll("button"))
    button.addEventListener("click", () => {
      for (const input of inputs) input.checked = button.value === "all";
      change();
    });
  addEventListener("hashchange", readAddress);
  readAddress();
  switches.hidden = false;
}

for (const table of document.querySelectorAll("table")) makeSortable(table);
for (const switches of document.querySelectorAll(".models")) useSwitches(switches);
})();
)js";

}  // namespace rnnbench::analysis

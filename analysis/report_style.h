// The style sheet of the pages: light, dark and print. Rules for buttons and switches have an effect only where the
// script runs (report_script.h).
#pragma once

#include "core/namespaces.h"

namespace rnnbench::analysis {

inline constexpr const char* report_style = R"css(
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d8dee4; --page: #ffffff; --card: #f6f8fa;
  --good: 0, 158, 115; --alarm: #b3400a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --soft: #9aa4af; --line: #363c44; --page: #14171a; --card: #1d2126; --alarm: #f0905a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 68rem; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.3rem; margin: 2.8rem 0 .6rem; padding-top: .9rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.8rem 0 .3rem; }
p, ul, dl { margin: .4rem 0 .9rem; max-width: 46rem; }
.lead { font-size: 1.06rem; }
.soft, dd, figcaption { color: var(--soft); }
.alarm { color: var(--alarm); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .6rem 0 1.1rem; font-size: .89rem; font-variant-numeric: tabular-nums; }
th, td { padding: .28rem .7rem; text-align: left; border-bottom: 1px solid var(--line); white-space: pre; }
th { font-weight: 600; border-bottom: 2px solid var(--line); }
th:first-child, td:first-child { padding-left: .2rem; }
.number { text-align: right; }
table:not(.sorted) .again { visibility: hidden; }
th button { padding: 0; border: 0; background: none; color: inherit; font: inherit; text-align: inherit;
  white-space: inherit; cursor: pointer; }
th button::after { content: "↕"; content: "↕" / ""; display: inline-block; width: .8em; margin-right: -.8em;
  text-align: right; font-weight: 400; color: var(--soft); }
th[aria-sort] button::after { font-weight: 600; color: var(--ink); }
th[aria-sort=ascending] button::after { content: "↑"; content: "↑" / ""; }
th[aria-sort=descending] button::after { content: "↓"; content: "↓" / ""; }
.models:not([hidden]) { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; margin: 1rem 0; padding: .4rem .8rem .5rem;
  border: 1px solid var(--line); border-radius: 6px; background: var(--page); font-size: .89rem; }
.models legend { padding: 0 .3rem; font-weight: 600; }
.models label { cursor: pointer; }
.models svg { width: 36px; height: 10px; background: #ffffff; }
.models input:not(:checked) ~ svg { opacity: .3; }
.off, .not-shown { display: none; }
@media (min-width: 48rem) { .models { position: sticky; top: 0; z-index: 1; max-height: 30vh; overflow: auto; } }
.wrap td { white-space: normal; }
.share { text-align: center; background: rgba(var(--good), calc(var(--share) * .45)); }
figure { margin: 1rem 0 1.4rem; }
figure svg { display: block; width: 100%; height: auto; background: #ffffff; border-radius: 6px; }
pre { background: var(--card); padding: .8rem 1rem; border-radius: 6px; font-size: .8rem; line-height: 1.5;
  white-space: pre-wrap; overflow-wrap: anywhere; }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .92em; }
dt { font-weight: 600; margin-top: .5rem; }
dd { margin: 0; }
summary { cursor: pointer; font-weight: 600; margin: .4rem 0; }
.badge { display: inline-block; padding: 0 .55em; border: 1.5px solid; border-radius: 1em; font-size: .84em;
  font-weight: 600; line-height: 1.6; white-space: nowrap; }
.supported { background: #00704f; border-color: #00704f; color: #ffffff; }
.contradicted { background: #fbe3d2; border-color: #b3400a; color: #7d2b04; }
.no-difference { background: #e3ecf7; border-color: #2a5c94; color: #173a61; }
.mixed, .depends { background: #fff3cf; border-color: #8a6500; color: #5a4200; }
.undecided { border-color: var(--soft); color: var(--ink); }
.inapplicable { border-style: dashed; border-color: var(--soft); color: var(--soft); }
.unrun { border-style: dotted; border-color: var(--soft); color: var(--soft); }
@media print {
  :root { --ink: #000; --soft: #444; --line: #bbb; --page: #fff; --card: #f4f4f4; --alarm: #8a2f00; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  h2, h3, h3 + p { break-after: avoid; }
  figure, table, pre { break-inside: avoid; }
  .scroll { overflow: visible; } table { font-size: 8pt; } th, td { padding: .2rem .4rem; }
  details:not([open]), .models:not([hidden]), th button::after { display: none; }
  .not-shown { display: block; } }
)css";

}  // namespace rnnbench::analysis

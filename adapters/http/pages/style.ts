/** One sheet for all pages. No font, image or script comes from anywhere. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #4d5661; --page: #f6f7f9; --card: #fff;
  --line: #8a929c; --yes: #0b6b3a; --no: #a4161a; --plain: #24476b; --on: #fff; --mark: #0b57a4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #b3bac3; --page: #14171a;
  --card: #1d2125; --line: #7a828c; --yes: #7fd8a4; --no: #ff9d9d; --plain: #a9c9ee; --on: #101214;
  --mark: #8cc1ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
header, main, footer { max-width: 46rem; margin: 0 auto; padding: 1rem; }
header { font-weight: 600; } header p { margin: 0; }
footer { color: var(--soft); font-size: .875rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: 1.25rem; margin: 0 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; overflow-wrap: anywhere; }
h2 { font-size: 1.125rem; margin: 1.25rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; overflow-wrap: anywhere; }
p, dd, li, td { overflow-wrap: anywhere; } .text { white-space: pre-wrap; }
dl { margin: 0; } dt { color: var(--soft); font-size: .875rem; margin-top: .5rem; }
dd { margin: 0; white-space: pre-wrap; }
pre, code { font-family: ui-monospace, Consolas, monospace; font-size: .875rem; }
pre { margin: .25rem 0; padding: .75rem; background: var(--page); border-radius: .25rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }
code { overflow-wrap: anywhere; }
label { display: block; font-weight: 600; margin: 1rem 0 .25rem; }
textarea { width: 100%; min-height: 5rem; padding: .5rem; font: inherit; color: inherit;
  background: var(--page); border: 1px solid var(--line); border-radius: .25rem; }
fieldset { border: 0; margin: 1rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .75rem; }
legend { font-weight: 600; padding: 0 0 .25rem; }
button { font: inherit; font-weight: 600; padding: .625rem 1.25rem; min-height: 2.75rem;
  border: 2px solid var(--plain); border-radius: .375rem; background: transparent;
  color: var(--plain); cursor: pointer; overflow-wrap: anywhere; }
button.yes { background: var(--yes); border-color: var(--yes); color: var(--on); }
button.no { border-color: var(--no); color: var(--no); }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
a { color: var(--mark); }
select, input[type="text"], input[type="date"] { width: 100%; min-height: 2.75rem; padding: .5rem;
  font: inherit; color: inherit; background: var(--page); border: 1px solid var(--line);
  border-radius: .25rem; }
input[aria-invalid="true"], select[aria-invalid="true"], textarea[aria-invalid="true"] { border: 2px solid var(--no); }
.choices { display: block; } .choice { font-weight: 400; margin: .5rem 0; min-height: 1.5rem; }
.choice input { width: 1.25rem; height: 1.25rem; vertical-align: text-bottom; accent-color: var(--mark); }
.hint { color: var(--soft); font-size: .875rem; margin: 0 0 .25rem; }
.fault { color: var(--no); font-weight: 600; margin: 0 0 .25rem; }
.notice { border-left: .25rem solid var(--no); padding-left: .75rem; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th, td { text-align: left; vertical-align: top; padding: .375rem .5rem; border-top: 1px solid var(--line); }
`;

"""Style and script of the morning page; text from outside reaches the page as text only."""

from __future__ import annotations

STYLE = """
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .6rem;
  margin: 1rem 0; }
.tile { display: flex; flex-direction: column; gap: .15rem; padding: .7rem .9rem; color: inherit;
  text-decoration: none; background: var(--panel); border: 1px solid var(--line);
  border-radius: .5rem; }
.tile:hover { border-color: var(--accent); }
.tile span { font-size: .86rem; font-variant-numeric: tabular-nums; }
.tile .more { display: inline-block; }
.tile strong { font-size: 1.45rem; line-height: 1.3; }
nav { position: sticky; top: 0; z-index: 1; display: flex; gap: 1.1rem; overflow-x: auto;
  padding: .6rem 0; background: var(--paper); border-bottom: 1px solid var(--line);
  white-space: nowrap; }
section { scroll-margin-top: 3rem; }
.finding { padding: .6rem .9rem; margin: .7rem 0; background: var(--panel);
  border: 1px solid var(--line); border-left: 4px solid var(--soft); border-radius: .3rem; }
.finding.error { border-left-color: var(--bad); }
.finding.error .tag { color: var(--bad); }
.finding.warning { border-left-color: var(--accent); }
.finding.warning .tag { color: var(--accent); }
.finding h3, .finding p { margin: .15rem 0; overflow-wrap: anywhere; }
.finding dl { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; margin: .4rem 0; }
.finding dl div { display: flex; gap: .4rem; min-width: 0; }
.finding dt { color: var(--soft); flex: none; }
.finding dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
  min-width: 0; }
#filters { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr));
  gap: .6rem; align-items: end; margin: .8rem 0; }
#filters label { display: flex; flex-direction: column; font-size: .86rem; color: var(--soft); }
select, input, button { font: inherit; padding: .35rem .5rem; color: var(--ink); min-width: 0;
  width: 100%; background: var(--paper); border: 1px solid var(--line); border-radius: .3rem; }
button { cursor: pointer; background: var(--panel); }
#more { width: auto; padding: .5rem 1.4rem; }
.item { padding: .8rem 1rem; margin: .7rem 0; border: 1px solid var(--line);
  border-radius: .4rem; scroll-margin-top: 4rem; overflow-wrap: anywhere; }
.item p { margin: .1rem 0; }
.item .target { font-size: 1.06rem; border-left: 3px solid var(--accent); padding-left: .6rem;
  margin: .35rem 0; }
.item mark { background: color-mix(in srgb, var(--accent) 28%, transparent); color: inherit; }
.item header { display: flex; flex-wrap: wrap; gap: .2rem .8rem; font-size: .86rem;
  color: var(--soft); margin-bottom: .3rem; }
.item ul { list-style: none; margin: .5rem 0 0; padding: 0; }
.item li { display: grid; grid-template-columns: minmax(6rem, 10rem) 1fr; gap: .8rem;
  padding: .15rem 0; max-width: none; }
.item .tag { margin-right: .3rem; border-color: var(--line); }
.item .tag i { display: inline-block; width: .6rem; height: .6rem; margin-right: .35rem;
  border-radius: 50%; border: 1px solid var(--line); }
.item .none { color: var(--soft); }
.tall .scroll { max-height: 30rem; overflow: auto; margin-top: .8rem; }
.tall table { width: 100%; min-width: 44rem; }
.tall td { overflow-wrap: break-word; }
.tall th { position: sticky; top: 0; background: var(--paper); white-space: nowrap; }
.beside { display: flex; flex-wrap: wrap; gap: 1rem 3rem; }
@media (max-width: 30rem) { .item { padding: .7rem; }
  .item li { grid-template-columns: minmax(4rem, 6rem) 1fr; gap: .5rem; } }
"""

SCRIPT = r"""
"use strict";
(() => {
  const { colors, items } = JSON.parse(document.getElementById("data").textContent);
  const labels = Object.keys(colors);
  const PAGE = 40;
  const NONE = "none";
  const filters = {};
  for (const name of ["label", "pair", "kind", "source", "block", "state"]) {
    filters[name] = document.getElementById("filter-" + name);
  }
  const words = document.getElementById("filter-words");
  const list = document.getElementById("items");
  const more = document.getElementById("more");
  const key = (vote) => vote.labels.join(" ") || NONE;

  // Labels on which the votes of an item differ: given by some and not by all.
  const differing = (votes) => {
    const on = labels.filter((label) => {
      const given = votes.filter((vote) => vote.labels.includes(label)).length;
      return given > 0 && given < votes.length;
    });
    return on;
  };
  const pairs = (votes) => {
    const found = [];
    votes.forEach((first, index) => votes.slice(index + 1).forEach((second) => {
      if (key(first) !== key(second)) found.push(first.by + " / " + second.by);
    }));
    return found;
  };
  // What two differing sets differ about: whether there is any label, which one, or one more.
  const kinds = (votes) => {
    const found = new Set();
    votes.forEach((first, index) => votes.slice(index + 1).forEach((second) => {
      if (key(first) === key(second)) return;
      if (!first.labels.length || !second.labels.length) found.add("any label or none");
      else if (first.labels.some((label) => second.labels.includes(label))) {
        found.add("one label more");
      } else found.add("which label");
    }));
    return [...found];
  };
  for (const item of items) {
    item.kind = kinds(item.votes);
    item.label = differing(item.votes);
    item.pair = pairs(item.votes);
    item.words = [item.text, item.title, item.id, ...item.votes.map((vote) => vote.note)]
      .join(" ").toLowerCase();
  }
  for (const [name, select] of Object.entries(filters)) {
    const counts = new Map();
    for (const item of items) {
      for (const value of [item[name]].flat()) counts.set(value, (counts.get(value) || 0) + 1);
    }
    for (const value of [...counts.keys()].sort()) {
      select.add(new Option(`${value || "not given"} (${counts.get(value)})`, value));
    }
  }

  const element = (tag, text, name) => {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (name) made.className = name;
    return made;
  };
  const marked = (text, marks) => {
    const paragraph = element("p", "", "target");
    let rest = text;
    const wanted = [...new Set(marks)].filter((mark) => mark && text.includes(mark));
    while (rest) {
      const next = wanted.map((mark) => [rest.indexOf(mark), mark])
        .filter(([at]) => at >= 0).sort((a, b) => a[0] - b[0] || b[1].length - a[1].length)[0];
      if (!next) { paragraph.append(rest); break; }
      paragraph.append(rest.slice(0, next[0]), element("mark", next[1]));
      rest = rest.slice(next[0] + next[1].length);
    }
    return paragraph;
  };
  const tags = (given) => {
    const cell = element("div");
    if (!given.length) cell.append(element("span", NONE, "tag none"));
    for (const label of given) {
      const tag = element("span", "", "tag"), dot = element("i");
      dot.style.background = colors[label];
      tag.append(dot, label);
      cell.append(tag);
    }
    return cell;
  };
  const show = (item) => {
    const box = element("article", "", "item");
    box.tabIndex = 0;
    const head = element("header");
    head.append(element("span", item.title), element("span", item.source),
      element("span", item.id),
      element("span", [item.state, item.reason].filter(Boolean).join(", ")));
    box.append(head);
    for (const text of item.before) box.append(element("p", text, "soft"));
    box.append(marked(item.text, item.votes.flatMap((vote) => vote.marked)));
    for (const text of item.after) box.append(element("p", text, "soft"));
    const votes = element("ul");
    for (const vote of item.votes) {
      const line = element("li");
      const cell = tags(vote.labels);
      if (vote.origin !== "manual") cell.append(element("span", vote.origin, "soft"));
      if (vote.note) cell.append(element("p", vote.note, "soft"));
      line.append(element("span", vote.by), cell);
      votes.append(line);
    }
    if (item.gold) {
      const line = element("li");
      line.append(element("strong", "gold"), tags(item.gold));
      votes.append(line);
    }
    box.append(votes);
    return box;
  };

  let chosen = [], shown = 0;
  const showMore = () => {
    const next = chosen.slice(shown, shown + PAGE);
    list.append(...next.map(show));
    shown += next.length;
    more.hidden = shown >= chosen.length;
    document.getElementById("count").textContent =
      `${chosen.length} of ${items.length} disagreements, ${shown} shown`;
  };
  const choose = () => {
    const text = words.value.trim().toLowerCase();
    chosen = items.filter((item) => (!text || item.words.includes(text)) &&
      Object.entries(filters).every(([name, select]) =>
        select.selectedIndex < 1 || [item[name]].flat().includes(select.value)));
    list.replaceChildren();
    shown = 0;
    showMore();
  };
  const form = document.getElementById("filters");
  form.addEventListener("input", choose);
  form.addEventListener("reset", () => setTimeout(choose));
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("unresolved")?.addEventListener("click", () => {
    form.reset();
    setTimeout(() => { filters.state.value = "unresolved"; choose(); });
  });
  more.addEventListener("click", () => {
    const from = shown;
    showMore();
    list.children[from]?.focus();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); words.focus(); return; }
    if (event.key !== "j" && event.key !== "k") return;
    const boxes = [...list.children];
    const at = boxes.indexOf(document.activeElement);
    if (event.key === "j" && at === boxes.length - 1 && !more.hidden) showMore();
    const to = list.children[at < 0 ? 0 : at + (event.key === "j" ? 1 : -1)];
    if (to) { event.preventDefault(); to.focus(); }
  });
  choose();
})();
"""

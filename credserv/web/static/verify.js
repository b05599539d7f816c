// Several files or links: sent one after the other, so that each row shows as soon as it is known.
// Without this script the form sends them all at once, and the page that answers is a table of the same.
"use strict";

(() => {
  const LIMIT = 100;
  const AT_ONCE = 2;
  const form = document.getElementById("verify");
  const section = document.getElementById("several");
  const rows = document.getElementById("rows");
  const bar = document.getElementById("progress");
  const text = document.getElementById("progress-text");
  const cancel = document.getElementById("cancel");
  const button = form.querySelector("button.main");
  const labels = JSON.parse(text.dataset.labels); // [verdict, label], in their order
  const words = JSON.parse(text.dataset.words); // in the language of the page, with a place for each number
  let stop = null;

  form.addEventListener("submit", (event) => {
    const items = chosen();
    if (items.length < 2 || items.length > LIMIT) return; // one is a page of its own; too many are told so
    event.preventDefault();
    run(items);
  });
  cancel.addEventListener("click", () => stop && stop.abort());

  function chosen() {
    const files = [...form.elements.file.files].map((file) => ["file", file, file.name]);
    if (files.length) return files;
    if (form.elements.text.value.trim()) return [];
    return form.elements.url.value.split(/\s+/).filter(Boolean).map((url) => ["url", url, url]);
  }

  async function run(items) {
    stop = new AbortController();
    rows.replaceChildren(...items.map(([, , name]) => waiting(name)));
    const places = [...rows.children];
    bar.max = items.length;
    bar.value = 0;
    section.hidden = false;
    document.getElementById("content").className = "wide";
    cancel.hidden = false;
    button.disabled = true;
    document.getElementById("exports").hidden = true;
    section.scrollIntoView({ block: "start" });
    let next = 0;
    const work = async () => {
      while (next < items.length && !stop.signal.aborted) {
        const index = next++;
        await one(items[index], places[index]);
        bar.value += 1;
        tell(items.length);
      }
    };
    tell(items.length);
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    rows.querySelectorAll("tr[data-waiting]").forEach((row) => say(row, words.unasked));
    tell(items.length, stop.signal.aborted ? words.stopped : words.done);
    document.getElementById("exports").hidden = !rows.querySelector("input[name=report]");
    cancel.hidden = true;
    button.disabled = false;
  }

  async function one([field, value, name], place) {
    const body = new FormData();
    body.append(field, value);
    for (const other of ["recipient", "for"]) {
      if (form.elements[other]) body.append(other, form.elements[other].value);
    }
    for (;;) {
      let answer;
      try {
        answer = await fetch(`${form.action}/row`, { method: "POST", body, signal: stop.signal });
      } catch {
        return stop.signal.aborted ? undefined : say(place, words.lost);
      }
      if (answer.status === 429) {
        await pause(Number(answer.headers.get("Retry-After")) || 5);
        if (stop.signal.aborted) return;
        continue;
      }
      if (!answer.ok) return say(place, answer.status === 413 ? words.large : words.failed);
      const holder = document.createElement("template");
      holder.innerHTML = await answer.text(); // our own page's row, escaped where it was made
      place.replaceWith(holder.content);
      return;
    }
  }

  async function pause(seconds) {
    text.textContent = words.pause.replace("{}", seconds);
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      stop.signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
    });
  }

  function waiting(name) {
    const row = document.createElement("tr");
    row.dataset.waiting = "";
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = name;
    row.append(head, document.createElement("td"), document.createElement("td"), document.createElement("td"));
    say(row, words.waiting);
    return row;
  }

  function say(row, said) {
    row.children[1].textContent = said;
  }

  function tell(total, ending = "") {
    const counts = labels
      .map(([verdict, word]) => [rows.querySelectorAll(`tr[data-verdict="${verdict}"]`).length, word])
      .filter(([count]) => count)
      .map(([count, word]) => `${count} ${word}`);
    const found = counts.length ? ` ${counts.join("; ")}.` : "";
    const progress = words.progress.replace("{}", bar.value).replace("{}", total);
    text.textContent = `${ending} ${progress}${found}`.trim();
  }
})();

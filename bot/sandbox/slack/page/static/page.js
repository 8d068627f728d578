"use strict";

// The server renders everything. This script fetches the page again when something changed and carries the
// differences over, sends forms without leaving the page, and opens dialogs. Without it the page can be read.

const page = document.getElementById("page");
const toast = document.getElementById("toast");

// --- carrying over what changed -----------------------------------------------------------------------------------

// what the browser changes by itself and the server knows nothing of
const OWN = new Set(["open", "aria-busy"]);
// elements of running text, where even white space counts: replaced as a whole
const TEXT = "p, h1, h2, h3, pre, span, button, summary, a, legend, option, .rich-text, .markdown, .section-text, .context";

const same = (one, other) => one.nodeName === other.nodeName && (one.id || "") === (other.id || "");
const parts = (node) => [...node.childNodes].filter((child) => child.nodeType !== Node.TEXT_NODE || child.data.trim());

function discard(node) {
  if (node.nodeName === "DIALOG" && node.open) node.close(); // gives focus back to where it came from
  node.remove();
}

function carryAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !OWN.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) === value || OWN.has(name)) continue;
    old.setAttribute(name, value);
    if (name === "value" && old.nodeName === "INPUT") old.value = value;
    if (name === "checked") old.checked = true;
  }
}

function carryChildren(old, fresh) {
  const wanted = parts(fresh);
  const ids = new Set(wanted.map((part) => part.id));
  parts(old).filter((part) => part.id && !ids.has(part.id)).forEach(discard);
  const there = parts(old);
  wanted.forEach((part, number) => {
    const at = there[number] ?? null;
    if (at && same(at, part)) return carry(at, part);
    const elsewhere = part.id ? there.findIndex((each) => same(each, part)) : -1;
    const placed = elsewhere > number ? there.splice(elsewhere, 1)[0] : document.importNode(part, true);
    there.splice(number, 0, placed);
    old.insertBefore(placed, at);
    if (elsewhere > number) carry(placed, part);
  });
  there.slice(wanted.length).forEach(discard);
}

function carry(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.data = fresh.data;
    return;
  }
  const chosen = old.nodeName === "SELECT" ? defaults(old) : null;
  carryAttributes(old, fresh);
  if (old.matches(TEXT) && !old.querySelector("dialog[open]")) {
    old.replaceChildren(...[...fresh.childNodes].map((child) => document.importNode(child, true)));
  } else {
    carryChildren(old, fresh);
  }
  if (chosen !== null && chosen !== defaults(old)) restore(old);
}

const defaults = (select) => JSON.stringify([...select.options].filter((o) => o.defaultSelected).map((o) => o.value));

function restore(select) {
  for (const option of select.options) option.selected = option.defaultSelected;
}

// --- following the workspace --------------------------------------------------------------------------------------

let refreshing = false;
let again = false;

async function refresh() {
  if (refreshing) {
    again = true;
    return;
  }
  refreshing = true;
  try {
    do {
      again = false;
      const response = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (response.ok) show(new DOMParser().parseFromString(await response.text(), "text/html"));
      await new Promise((resolve) => setTimeout(resolve, 100)); // many changes at once are one
    } while (again);
  } catch {
    say("The sandbox doesn’t answer. Trying again.", "lost");
  } finally {
    refreshing = false;
  }
}

function show(fresh) {
  const lists = [...document.querySelectorAll(".messages")];
  const atEnd = new Map(lists.map((list) => [list, list.scrollHeight - list.scrollTop - list.clientHeight < 60]));
  document.title = fresh.title;
  carry(page, fresh.getElementById("page"));
  for (const [list, wasAtEnd] of atEnd) if (wasAtEnd) follow(list);
  raiseModal();
}

function raiseModal() {
  const modal = document.querySelector("dialog.modal");
  if (!modal) return;
  if (!modal.matches(":modal")) {
    modal.removeAttribute("open");
    modal.showModal();
  } else if (!modal.contains(document.activeElement)) {
    modal.querySelector("h2").focus(); // what had the focus is gone
  }
}

function say(text, why) {
  toast.textContent = text;
  toast.dataset.why = why;
  toast.hidden = false;
}

function hush(why) {
  if (toast.dataset.why === why) toast.hidden = true;
}

const stream = new EventSource(`/live?since=${page.dataset.version}`);
stream.onmessage = refresh;
stream.onopen = () => hush("lost");
stream.onerror = () => say("The sandbox doesn’t answer. Trying again.", "lost");

// --- sending ------------------------------------------------------------------------------------------------------

const sending = new Set();

async function send(address, fields, from) {
  const key = from.closest("article, dialog.modal, form")?.id || address;
  if (sending.has(key)) return; // one press is one press
  sending.add(key);
  from.setAttribute("aria-busy", "true");
  hush("refused");
  try {
    const response = await fetch(address, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
    if (response.type !== "opaqueredirect") say(await response.text(), "refused");
  } catch {
    say("The sandbox doesn’t answer. Trying again.", "lost");
  } finally {
    sending.delete(key);
    from.removeAttribute("aria-busy");
  }
  await refresh();
  if (from.closest(".composer, .chips")) follow(from.closest("main, section").querySelector(".messages")); // see what came of it
}

function follow(list) {
  list.scrollTop = list.scrollHeight;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const by = event.submitter;
  event.preventDefault();
  const address = by?.hasAttribute("formaction") ? by.formAction : form.action;
  const fields = new FormData(form, by?.name ? by : undefined);
  if (form.matches(".composer")) form.reset();
  if (form.closest("#sidebar:popover-open")) document.getElementById("sidebar").hidePopover();
  by?.closest("details")?.removeAttribute("open");
  send(address, fields, by ?? form);
});

function press(element, what) {
  const fields = new FormData(element.closest("form"));
  fields.set("press", what);
  send(element.dataset.action, fields, element);
}

document.addEventListener("change", (event) => {
  const element = event.target.closest("[data-presses]");
  if (!element) return;
  if (element.dataset.asks) document.getElementById(element.dataset.asks).showModal();
  else press(element, element.dataset.presses);
});

// --- dialogs ------------------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  const closer = event.target.closest("[data-closes]");
  if (closer) {
    const dialog = closer.closest("dialog");
    const asker = document.querySelector(`[data-asks="${dialog.id}"]`);
    if (asker && closer.type === "button") restore(asker);
    dialog.close();
  }
  const link = event.target.closest("a[data-press]");
  if (link) press(link, link.dataset.press);
  for (const menu of document.querySelectorAll("details.overflow[open]")) {
    if (!menu.contains(event.target)) menu.removeAttribute("open");
  }
});

document.addEventListener("toggle", (event) => {
  if (event.target.matches("details.overflow[open]")) event.target.scrollIntoView({ block: "nearest" });
}, true);

// Escape closes a modal by telling the server, which takes it away
for (const name of ["cancel", "close"]) {
  document.addEventListener(name, (event) => {
    const dialog = event.target;
    if (!dialog.isConnected) return;
    if (dialog.matches("dialog.modal")) {
      event.preventDefault();
      document.getElementById(`${dialog.id}-close`).requestSubmit();
    } else if (name === "cancel") {
      const asker = document.querySelector(`[data-asks="${dialog.id}"]`);
      if (asker) restore(asker);
    }
  }, true);
}

// --- first sight --------------------------------------------------------------------------------------------------

follow(document.getElementById("channel-messages"));
document.querySelector(".thread .pointed-at")?.scrollIntoView({ block: "center" });
raiseModal();

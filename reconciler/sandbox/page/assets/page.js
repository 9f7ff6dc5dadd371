// Keeps a page as fresh as the sandbox: asks for it again every two seconds and changes what differs, and nothing
// else, so that scroll position, focus, selection and the target of the address stay. Waits while nobody looks.
"use strict";
(() => {
  const PERIOD = 2000;
  const PATIENCE = 10000;

  const main = document.getElementById("main");
  const live = document.getElementById("live");
  const state = document.getElementById("live-state");
  const button = document.getElementById("live-switch");
  let tag = null;
  let timer = null;
  let asking = null;
  let isPaused = false;
  let known = new Map();

  function tell(name, words) {
    if (live.dataset.state === name && state.textContent === words) return;
    live.dataset.state = name;
    state.textContent = words;
  }

  // A document that is loaded this way runs no script, and needs no text to be turned into markup here.
  function ask() {
    const request = new XMLHttpRequest();
    asking = request;
    request.open("GET", location.pathname + location.search);
    request.responseType = "document";
    request.timeout = PATIENCE;
    if (tag) request.setRequestHeader("If-None-Match", tag);
    request.onloadend = () => {
      asking = null;
      take(request);
      wait();
    };
    request.send();
  }

  function take(request) {
    if (isPaused) return;
    const fresh = request.status === 304 ? null : request.response && request.response.getElementById("main");
    if (request.status !== 304 && !fresh) {
      const reason = request.status ? `answers ${request.status}` : "does not answer";
      tell("lost", `The sandbox ${reason}. Trying again…`);
      return;
    }
    if (fresh) {
      show(request.response, fresh);
      tag = request.getResponseHeader("ETag");
    }
    tell("live", "Live");
  }

  function show(page, fresh) {
    const held = document.activeElement;
    known = new Map([...main.querySelectorAll("[id]")].map((one) => [one.id, one]));
    if (document.title !== page.title) document.title = page.title;
    mend(main, fresh);
    if (held !== document.activeElement && held.isConnected) held.focus({ preventScroll: true });
  }

  // Makes the children of one element those of another. What has an ID is known by it, wherever it was.
  function mend(old, fresh) {
    let place = old.firstChild;
    for (const wanted of [...fresh.childNodes]) {
      while (place && isGone(place, fresh)) place = without(place);
      let found = place && isAlike(place, wanted) ? place : elsewhere(wanted);
      if (found) {
        if (found !== place) old.insertBefore(found, place);
        else place = place.nextSibling;
        change(found, wanted);
      } else {
        found = document.importNode(wanted, false);
        old.insertBefore(found, place);
        if (found.id) found.classList.add("is-new");
        mend(found, wanted);
      }
    }
    while (place) place = without(place);
  }

  function isGone(node, fresh) {
    return Boolean(node.id) && !fresh.ownerDocument.getElementById(node.id);
  }

  function isAlike(old, wanted) {
    return old.nodeName === wanted.nodeName && (old.id || "") === (wanted.id || "");
  }

  // Also what was just taken away with the column that it stood in.
  function elsewhere(wanted) {
    const found = wanted.id ? known.get(wanted.id) : undefined;
    return found && found.nodeName === wanted.nodeName ? found : null;
  }

  function without(node) {
    const next = node.nextSibling;
    node.remove();
    return next;
  }

  function change(old, wanted) {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== wanted.data) old.data = wanted.data;
      return;
    }
    if (old.isEqualNode(wanted)) return;
    for (const name of old.getAttributeNames()) {
      if (!wanted.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const name of wanted.getAttributeNames()) {
      const value = wanted.getAttribute(name);
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    mend(old, wanted);
  }

  function wait() {
    clearTimeout(timer);
    timer = isPaused || document.hidden ? null : setTimeout(ask, PERIOD);
  }

  function again() {
    clearTimeout(timer);
    if (!isPaused && !document.hidden && !asking) ask();
  }

  button.addEventListener("click", () => {
    isPaused = !isPaused;
    button.setAttribute("aria-pressed", String(isPaused));
    if (isPaused) tell("paused", "Paused");
    else tell("live", "Live");
    again();
  });
  document.addEventListener("visibilitychange", again);
  window.addEventListener("pageshow", (event) => event.persisted && again());
  live.hidden = false;
  tell("live", "Live");
  wait();
})();

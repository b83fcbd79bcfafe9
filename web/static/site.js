/* Small help beside htmx. Every form and link works without it.
   1 Enter means "show" · 2 busy and failed · 3 messages beside fields · 4 focus after more, and in the error summary. */
"use strict";

const byId = (id) => document.getElementById(id);
let busyTimer;

/* 1 The first submit button of the form adds a code; Enter anywhere but in the code field shows the matches. */
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || !field.matches?.("#need input:not(#cpv), #publish input:not(#cpv)")) return;
  event.preventDefault();
  field.form.requestSubmit(byId("show"));
});

/* 2 A quick answer shows no sign of waiting; a lost or failed one stays on the page until the next that succeeds. */
document.addEventListener("htmx:beforeRequest", (event) => {
  const target = event.detail.target;
  clearTimeout(busyTimer);
  busyTimer = setTimeout(() => target?.setAttribute("aria-busy", "true"), 300);
});
document.addEventListener("htmx:afterRequest", (event) => {
  clearTimeout(busyTimer);
  document.querySelectorAll("[aria-busy]").forEach((busy) => busy.removeAttribute("aria-busy"));
  if (event.detail.successful || [409, 412, 422].includes(event.detail.xhr?.status)) byId("alert").textContent = "";
});
document.addEventListener("htmx:sendError", () => { byId("alert").textContent = byId("alert").dataset.offline; });
document.addEventListener("htmx:responseError", (event) => {
  /* Whoever's session has ended sends the form as a page does: the sign-in page keeps what was written. */
  const form = event.detail.elt?.closest("form[method=post]");
  if (event.detail.xhr?.status === 401 && form) { form.submit(); return; }
  byId("alert").textContent = byId("alert").dataset.failed;
});

/* 3 A field is marked wrong while its message is there; an added code empties the field it was typed in. */
document.addEventListener("htmx:afterSettle", () => {
  document.querySelectorAll(".error[id$=-error]").forEach((message) => {
    const field = byId(message.id.replace(/-error$/, ""));
    if (!field?.matches("input, select, textarea")) return;
    if (message.textContent.trim()) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  });
});
document.addEventListener("codes-added", () => { byId("cpv").value = ""; });

/* 4 Chromium leaves focus on the body when an autofocus element is no field: the summary takes it here. */
document.querySelector(".ds-error-summary[autofocus]")?.focus();

// Requests the changed fragment of a page, and updates the basket count in the header.

export async function fetchPart(url, options = {}) {
  const response = await fetch(url, {
    ...options,
    headers: { "X-Requested-With": "XMLHttpRequest", ...options.headers },
  });
  const invalid = (response.headers.get("X-Invalid-Fields") ?? "").split(" ").filter(Boolean).map(decodeURIComponent);
  return { ok: response.ok, status: response.status, url: response.url, invalid, text: await response.text() };
}

export function parse(html) {
  return new DOMParser().parseFromString(html, "text/html").body;
}

// The number of units in this browser's basket. Cached pages do not contain it.
export function showOwnCount() {
  const count = /(?:^|; )(?:__Host-)?basket_units=(\d+)/.exec(document.cookie)?.[1];
  if (count) showCount(count);
}

export function showCount(count) {
  for (const place of document.querySelectorAll("[data-basket-count]")) place.textContent = count;
}

// Restores focus after the HTML around it was replaced. If the focused element is gone (such as a removed chip)
// or cannot take focus, the first focusable element marked for this gets it.
export function keepFocus(root, replace) {
  const active = root.contains(document.activeElement) ? document.activeElement : null;
  const key = active && (active.id ? `#${CSS.escape(active.id)}` : pathOf(active));
  replace();
  if (!active) return;
  const place = key && root.querySelector(key);
  for (const after of [...(place ? [place] : []), ...root.querySelectorAll("[data-focus-after]")]) {
    after.focus({ preventScroll: true });
    if (document.activeElement === after) return;
  }
}

function pathOf(element) {
  const name = element.getAttribute("name");
  const href = element.getAttribute("href");
  const label = element.getAttribute("aria-label");
  if (element.dataset.choice) return `[data-choice="${CSS.escape(element.dataset.choice)}"]`;
  if (element.dataset.busy) return "[data-busy]";
  if (name && !["radio", "checkbox", "submit", "button"].includes(element.type)) return `[name="${CSS.escape(name)}"]`;
  if (name) return `[name="${CSS.escape(name)}"][value="${CSS.escape(element.value)}"]`;
  if (href) return `[href="${CSS.escape(href)}"]`;
  return label ? `[aria-label="${CSS.escape(label)}"]` : null;
}

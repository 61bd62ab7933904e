// Asks the server for the part of a page that changed, and tells the header what is in the basket.

export async function fetchPart(url, options = {}) {
  const response = await fetch(url, {
    ...options,
    headers: { "X-Requested-With": "XMLHttpRequest", ...options.headers },
  });
  return { ok: response.ok, status: response.status, url: response.url, text: await response.text() };
}

export function parse(html) {
  return new DOMParser().parseFromString(html, "text/html").body;
}

// What this browser's basket holds; a page that everybody gets does not know it.
export function showOwnCount() {
  const count = /(?:^|; )(?:__Host-)?basket_units=(\d+)/.exec(document.cookie)?.[1];
  if (count) showCount(count);
}

export function showCount(count) {
  for (const place of document.querySelectorAll("[data-basket-count]")) place.textContent = count;
}

// Puts the keyboard back where it was, after the HTML around it was replaced; to the first place that is
// marked for it and can take it where what had it is gone (a chip that took itself away) or cannot.
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
  if (name) return `[name="${CSS.escape(name)}"][value="${CSS.escape(element.value)}"]`;
  if (href) return `[href="${CSS.escape(href)}"]`;
  return label ? `[aria-label="${CSS.escape(label)}"]` : null;
}

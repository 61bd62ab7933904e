// Below the two search engine fields for staff: shows the length of their texts and a preview of the search result.
// Used in the dashboard and in the pages' admin; does nothing without these fields.
(() => {
  const words = document.currentScript.dataset;
  const PAIRS = [["meta_title", "meta_description"], ["seo_title", "search_description"]];
  const TITLE_LENGTH = 60;
  const TEXT_LENGTH = 155;

  const field = (name) => document.querySelector(`input[name="${name}"], textarea[name="${name}"]`);
  const element = (name, style) => Object.assign(document.createElement(name), { style });
  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text);

  const hintBelow = (input, most) => {
    const hint = element("small", "display:block");
    hint.id = `${input.id}-length`;
    input.after(hint);
    input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${hint.id}`.trim());
    return () => {
      hint.textContent = words.hint.replace("%s", input.value.length).replace("%s", most);
      hint.style.color = input.value.length > most ? "#b3261e" : "";
    };
  };

  const previewBelow = (input, title, text) => {
    const box = element("div", "max-width:600px;margin-top:12px;padding:12px 14px;border:1px solid #ccc;border-radius:6px;background:#fff");
    const label = element("div", "font-size:12px;color:#555");
    const shownTitle = element("div", "font-size:18px;color:#1a0dab");
    const shownText = element("div", "font-size:14px;color:#333");
    label.textContent = words.label;
    box.append(label, shownTitle, shownText);
    (input.closest(".controls, .form-group, .w-field") ?? input.parentElement).append(box);
    const own = () => field("title")?.value || field("name")?.value || "";
    return () => {
      shownTitle.textContent = cut(`${title.value || own()} — ${words.site}`, TITLE_LENGTH);
      shownText.textContent = cut(text.value || words.nothing, TEXT_LENGTH);
    };
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const [titleName, textName] of PAIRS) {
      const title = field(titleName);
      const text = field(textName);
      if (!title || !text) continue;
      const updates = [
        hintBelow(title, TITLE_LENGTH),
        hintBelow(text, TEXT_LENGTH),
        previewBelow(text, title, text),
      ];
      const update = () => {
        for (const one of updates) one();
      };
      document.addEventListener("input", update);
      update();
    }
  });
})();

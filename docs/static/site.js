// What the theme leaves out for readers with a keyboard or a screen reader.
const named = { ".sidebar-drawer": "Pages", ".toc-drawer": "On this page" };

function reachable() {
  for (const box of document.querySelectorAll(".highlight pre, .table-wrapper")) {
    const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    scrolls ? box.setAttribute("tabindex", "0") : box.removeAttribute("tabindex");
  }
}

addEventListener("DOMContentLoaded", () => {
  for (const [where, name] of Object.entries(named)) {
    document.querySelector(where)?.setAttribute("aria-label", name);
  }
  for (const caption of document.querySelectorAll(".caption[role=heading]")) {
    caption.setAttribute("aria-level", "2");
  }
  reachable();
});
addEventListener("load", reachable);
addEventListener("resize", reachable);
addEventListener("toggle", reachable, true);

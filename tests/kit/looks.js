// Asked by looks.py inside a page: what is too small, what does not fit, what was not drawn. Each answers with sentences.
window.looks = (() => {
  const TARGETS = "a[href], button, input, select, textarea, summary, [role=button], [role=tab]";
  const NO_TEXT = "svg, script, style, .visually-hidden, .skip, option, .money-sign, .money-cents";
  const MAY_SCROLL = "svg, .visually-hidden, [data-scrolls], .table-wrap, .desk-nav, option, textarea";

  const isShown = (el) => el.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const words = (text) => `"${text.trim().slice(0, 30)}"`;
  const name = (el) => `${el.tagName.toLowerCase()} ${words(el.innerText || el.getAttribute("aria-label") || el.name || "")}`;
  const all = (selector) => [...document.querySelectorAll(selector)];

  // A link within a sentence is as high as its line (WCAG 2.5.8 lets it); a tick is as large as its label.
  function isTarget(el) {
    const isLink = el.tagName === "A" && getComputedStyle(el).display === "inline";
    return isShown(el) && el.type !== "hidden" && !el.matches(".skip") && !isLink;
  }

  function box(el) {
    const labelled = ["checkbox", "radio", "file"].includes(el.type) && el.closest("label");
    return (labelled || el).getBoundingClientRect();
  }

  function texts() {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const el = node.parentElement;
      if (node.data.trim() && isShown(el) && !el.closest(NO_TEXT)) found.push([node.data, getComputedStyle(el)]);
    }
    return found;
  }

  /** Targets below `target` px in height or width, text below `text` px, lines that touch one another. */
  function tooSmall({ target, text }) {
    const targets = all(TARGETS).filter(isTarget).map((el) => [el, box(el)])
      .filter(([, { width, height }]) => Math.round(width) < target || Math.round(height) < target)
      .map(([el, { width, height }]) => `${name(el)} is ${Math.round(width)} by ${Math.round(height)} px`);
    const small = texts().filter(([, style]) => parseFloat(style.fontSize) < text - 0.01)
      .map(([data, style]) => `text ${words(data)} is ${style.fontSize}`);
    const tight = texts().filter(([, style]) => parseFloat(style.lineHeight) / parseFloat(style.fontSize) < 1.15)
      .map(([data]) => `lines of ${words(data)} are too near`);
    return [...targets, ...small, ...tight];
  }

  const pastTheEdge = (el) => el.getBoundingClientRect().right > document.documentElement.clientWidth + 1;

  function isCutOff(el) {
    const style = getComputedStyle(el);
    const hasText = [...el.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const isOpen = style.overflowX === "visible" && style.overflowY === "visible";
    return hasText && !isOpen && (el.scrollWidth > el.clientWidth + 1 || el.scrollHeight > el.clientHeight + 1);
  }

  /** A page wider than the window, and words that their box cuts off. */
  function clipped() {
    const { scrollWidth, clientWidth } = document.documentElement;
    const inside = all("body *").filter((el) => isShown(el) && !el.closest(MAY_SCROLL));
    const wide = scrollWidth > clientWidth
      ? [`${scrollWidth - clientWidth} px too wide: ${inside.filter(pastTheEdge).slice(-1).map((el) => el.outerHTML.slice(0, 120))}`]
      : [];
    return [...wide, ...inside.filter(isCutOff).map((el) => `cut off: ${name(el)}`)];
  }

  function isEmpty(plot) {
    const canvas = plot.querySelector("canvas");
    if (!canvas) return !plot.querySelector("svg path, svg rect, svg circle");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return !data.some((value) => value !== 0);
  }

  /** Plots (`.plot`) in which nothing was drawn. */
  const emptyPlots = () => all(".plot").filter(isEmpty).map((el) => `nothing in the plot ${el.id || el.className}`);

  return { tooSmall, clipped, emptyPlots };
})();

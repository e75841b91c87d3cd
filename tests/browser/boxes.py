"""Whether the checkboxes, switches and radio buttons of a page can be seen and told apart."""

SMALLEST, LARGEST = 13, 24
# Those that are seen: neither folded away, nor for screen readers alone.
MEASURE = """([smallest, largest]) => {
  const meets = (one, other) => one.left < other.right - 1 && other.left < one.right - 1
    && one.top < other.bottom - 1 && other.top < one.bottom - 1;
  const lines = label => {
    const texts = document.createTreeWalker(label, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(texts.currentNode);
      if (texts.currentNode.data.trim()) found.push(...range.getClientRects());
    }
    return found;
  };
  const problem = box => {
    const place = box.getBoundingClientRect(), style = getComputedStyle(box);
    const {width, height} = place;
    // A switch is twice as wide as a box.
    const isWhole = height >= smallest && height <= largest && width >= height - 1 && width <= 2 * height;
    if (!isWhole) return `is ${width} by ${height} pixels`;
    if (["auto", "scroll"].includes(style.overflowX)) return "scrolls";
    if ([...box.labels].flatMap(lines).some(line => meets(place, line))) return "covers its label";
    return "";
  };
  const isSeen = box => box.checkVisibility({opacityProperty: true, visibilityProperty: true})
    && box.getBoundingClientRect().width > 1;
  return [...document.querySelectorAll("input[type=checkbox], input[type=radio]")]
    .filter(isSeen).map(box => [box.id || box.name, problem(box)])
    .filter(([, found]) => found).map(parts => parts.join(" "));
}"""


def unreadable_boxes(page):
    """Each that has no common size, scrolls, or covers the text of its label."""
    return page.evaluate(MEASURE, [SMALLEST, LARGEST])

/**
 * Runs `make` so that every `<style>` element it creates becomes a constructed style sheet. xterm makes three (sizes,
 * colours, scroll bar) while it opens. The desk's Content-Security-Policy is `style-src 'self'`, which forbids inline style
 * elements and permits constructed sheets: those come from script, and script is ours. xterm's own `documentOverride` does
 * not reach its scroll bar, hence `document.createElement` is replaced for the time of this call.
 */
export function withAdoptedStyles(document: Document, make: () => void): void {
  const create = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) =>
    name.toLowerCase() === 'style'
      ? adoptedStyle(document, create('span'))
      : create(name, options)) as Document['createElement'];
  try {
    make();
  } finally {
    Reflect.deleteProperty(document, 'createElement'); // the prototype's own is in sight again
  }
}

/** An invisible element whose text goes into a constructed sheet; taking it out of the page takes the sheet with it. */
function adoptedStyle(document: Document, element: HTMLElement): HTMLElement {
  element.hidden = true;
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  Object.defineProperty(element, 'textContent', {
    get: () => '',
    set: (text: string | null) => sheet.replaceSync(text ?? ''),
  });
  Object.defineProperty(element, 'remove', {
    value: () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
      Element.prototype.remove.call(element);
    },
  });
  return element;
}

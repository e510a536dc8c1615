/**
 * xterm puts three `<style>` elements into the page (sizes, colours, scroll bar). The desk's Content-Security-Policy is
 * `style-src 'self'`, which forbids those and permits constructed style sheets: they come from script, which is ours.
 * This makes a document for xterm's `documentOverride` that hands out, in place of a style element, an empty element
 * whose text becomes a constructed sheet. Everything else is the real document.
 */
export function documentWithAdoptedStyles(real: Document): Document {
  return new Proxy(real, {
    get(target, property) {
      if (property === 'createElement') {
        return (name: string, options?: ElementCreationOptions) =>
          name.toLowerCase() === 'style' ? adoptedStyle(target) : target.createElement(name, options);
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (target, property, value) => Reflect.set(target, property, value, target),
  });
}

function adoptedStyle(target: Document): HTMLElement {
  const element = target.createElement('span');
  element.hidden = true;
  const sheet = new CSSStyleSheet();
  target.adoptedStyleSheets = [...target.adoptedStyleSheets, sheet];
  const write = (text: string | null): void => sheet.replaceSync(text ?? '');
  Object.defineProperty(element, 'textContent', { get: () => '', set: write });
  Object.defineProperty(element, 'innerText', { get: () => '', set: write });
  Object.defineProperty(element, 'remove', {
    value: () => {
      target.adoptedStyleSheets = target.adoptedStyleSheets.filter((other) => other !== sheet);
      Element.prototype.remove.call(element);
    },
  });
  return element;
}

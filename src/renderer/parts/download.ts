/** Hands base64 bytes to the browser as a file. */
export function downloadBase64(fileName: string, mediaType: string, base64: string): void {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  download(fileName, new Blob([bytes], { type: mediaType }));
}

/** Hands a text to the browser as a file in UTF-8. */
export function downloadText(fileName: string, mediaType: string, text: string): void {
  download(fileName, new Blob([text], { type: mediaType }));
}

/** The object URL lives long enough for the download to begin. */
function download(fileName: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  document.body.append(link);
  link.click();
  link.remove();
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

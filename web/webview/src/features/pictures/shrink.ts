/** A photo made fit to be kept: re-drawn, which leaves out where and when it was taken. */
export const MAX_BYTES = 2 * 1024 * 1024;
const MAX_SIDE = 2400;
const QUALITIES = [0.85, 0.7, 0.5];

const blobOf = (canvas: HTMLCanvasElement, type: string, quality?: number) => new Promise<Blob | null>((done) => canvas.toBlob(done, type, quality));

/** As PNG where that stays small (drawings), else as JPEG. Throws when the browser cannot read it. */
export async function shrunk(file: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  const factor = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * factor));
  canvas.height = Math.max(1, Math.round(bitmap.height * factor));
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  if (file.type === 'image/png') {
    const png = await blobOf(canvas, 'image/png');
    if (png && png.size <= MAX_BYTES) return png;
  }
  for (const quality of QUALITIES) {
    const jpeg = await blobOf(canvas, 'image/jpeg', quality);
    if (jpeg && jpeg.size <= MAX_BYTES) return jpeg;
  }
  throw new Error('too large');
}

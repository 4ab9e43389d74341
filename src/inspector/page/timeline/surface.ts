import { attachGestures, type GestureHost, type Gestures } from './gestures.js';
import { hatchPattern, paintPointed, paintTimeline } from './paint.js';
import { onThemeChange, readPalette, type Palette } from './palette.js';
import type { Scene } from './scene.js';

export interface SurfaceParts {
  readonly scroller: HTMLElement;
  /** As tall as all rows, so that the browser scrolls. */
  readonly tall: HTMLElement;
  readonly canvas: HTMLCanvasElement;
}

export interface SurfaceHost extends GestureHost {
  /** What is to be drawn now. */
  scene(): Scene | undefined;
  resized(): void;
  /** Somebody scrolled, rather than the timeline itself. */
  scrolled(): void;
  painted(): void;
}

/** The canvas of a timeline: draws at most once a frame, as large and as fine as the screen is, in the present theme. */
export class TimelineSurface {
  palette: Palette = readPalette();
  readonly #parts: SurfaceParts;
  readonly #host: SurfaceHost;
  readonly #context: CanvasRenderingContext2D | null;
  // What was drawn without the pointer: while only that moves, it is used again.
  readonly #picture = document.createElement('canvas');
  #fresh = true;
  #frame = 0;
  #scrolledTo = 0;
  #hatch: CanvasPattern | null = null;
  readonly #gestures: Gestures;
  readonly #resized: ResizeObserver;
  readonly #endTheme: () => void;

  constructor(parts: SurfaceParts, host: SurfaceHost) {
    this.#parts = parts;
    this.#host = host;
    this.#context = parts.canvas.getContext('2d', { alpha: false });
    this.#gestures = attachGestures(parts.canvas, host);
    this.#endTheme = onThemeChange(this.#dress);
    this.#resized = new ResizeObserver(() => {
      this.#measure();
      this.#host.resized();
    });
    this.#resized.observe(parts.scroller);
    parts.scroller.addEventListener('scroll', this.#onScroll, { passive: true });
    this.#measure();
  }

  get width(): number {
    return this.#parts.scroller.clientWidth;
  }

  get height(): number {
    return this.#parts.scroller.clientHeight;
  }

  get scrollTop(): number {
    return this.#parts.scroller.scrollTop;
  }

  end(): void {
    this.#resized.disconnect();
    this.#endTheme();
    this.#gestures.end();
    this.#parts.scroller.removeEventListener('scroll', this.#onScroll);
    cancelAnimationFrame(this.#frame);
    this.#frame = -1;
  }

  /** Makes room for so much to scroll through. */
  setTall(height: number): void {
    const { tall } = this.#parts;
    const next = Math.max(this.height, Math.floor(height));
    if (tall.clientHeight !== next) tall.style.height = `${next}px`;
  }

  scrollTo(top: number): void {
    const { scroller } = this.#parts;
    const next = Math.round(Math.min(Math.max(0, top), scroller.scrollHeight - scroller.clientHeight));
    this.#scrolledTo = next;
    if (next !== Math.round(scroller.scrollTop)) scroller.scrollTop = next;
  }

  /** The view was changed by others than the gestures. */
  sync(): void {
    this.#gestures.sync();
  }

  /** Draws in the next frame: all of it, or only where the pointer is. */
  draw(what: 'all' | 'pointer' = 'all'): void {
    if (what === 'all') this.#fresh = true;
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  readonly #dress = (): void => {
    this.palette = readPalette();
    if (this.#context !== null) this.#hatch = hatchPattern(this.#context, this.palette.surface, devicePixelRatio);
    this.draw();
  };

  #measure(): void {
    const { canvas } = this.#parts;
    const { width, height } = this;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    this.#picture.width = canvas.width;
    this.#picture.height = canvas.height;
    this.#dress();
  }

  readonly #onScroll = (): void => {
    if (Math.abs(this.scrollTop - this.#scrolledTo) > 2) this.#host.scrolled();
    this.draw();
  };

  #paint(): void {
    const scene = this.#host.scene();
    const picture = this.#picture.getContext('2d', { alpha: false });
    const { width, height } = this.#picture;
    if (scene === undefined || this.#context === null || picture === null || width === 0 || height === 0) return;
    const fresh = this.#fresh;
    this.#fresh = false;
    if (fresh) paintTimeline(picture, scene, this.#hatch);
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.drawImage(this.#picture, 0, 0);
    paintPointed(this.#context, scene, this.#hatch);
    if (fresh) this.#host.painted();
  }
}

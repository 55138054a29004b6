// Whether anything still arrives. LiveKit notices a dead line after ten seconds and more; the browser knows when it is
// offline, and counts what it receives.

const EVERY_MS = 500;
/** Without a byte for so long, the line is dead: on a good one, LiveKit sends something twice a second. */
export const DEAD_AFTER_MS = 2500;

export class LineMonitor {
  alive = true;
  private readonly received: () => Promise<number>;
  private readonly onChange: (alive: boolean) => void;
  private count = -1;
  private countedAt = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  /** received: how much has come until now, 0 where that is unknown. */
  constructor(received: () => Promise<number>, onChange: (alive: boolean) => void) {
    this.received = received;
    this.onChange = onChange;
  }

  start() {
    this.restart();
    this.timer = setInterval(() => void this.look(), EVERY_MS);
    window.addEventListener("offline", this.offline);
    window.addEventListener("online", this.online);
  }

  stop() {
    clearInterval(this.timer);
    window.removeEventListener("offline", this.offline);
    window.removeEventListener("online", this.online);
  }

  /** The line was set up anew. */
  restart() {
    this.count = -1;
    this.countedAt = Date.now();
    this.alive = navigator.onLine;
  }

  private offline = () => this.change(false);
  // Whether the line still works is seen by what it brings.
  private online = () => {
    this.count = -1;
    this.countedAt = Date.now();
  };

  private async look() {
    const count = await this.received().catch(() => 0);
    const now = Date.now();
    if (count !== this.count) {
      const first = this.count < 0;
      this.count = count;
      this.countedAt = now;
      if (!first && navigator.onLine) this.change(true);
    } else if (count > 0 && now - this.countedAt >= DEAD_AFTER_MS) this.change(false);
  }

  private change(alive: boolean) {
    if (this.alive === alive) return;
    this.alive = alive;
    this.onChange(alive);
  }
}

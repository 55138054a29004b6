// Times that stay true while the page is open.
import { useEffect, useRef, useState } from "react";
import { dateAndTime, LOCALE } from "./locale.ts";

const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto", style: "narrow" });
const full = new Intl.DateTimeFormat(LOCALE, { dateStyle: "full", timeStyle: "medium" });

function useNow(every: number) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

function inWords(date: Date, now: number) {
  const seconds = (date.getTime() - now) / 1000;
  const past = Math.abs(seconds);
  if (past < 45) return "just now";
  if (past < 3600) return relative.format(Math.round(seconds / 60), "minute");
  if (past < 86400) return relative.format(Math.round(seconds / 3600), "hour");
  return dateAndTime.format(date);
}

export function Ago({ at }: { at: string | null }) {
  const now = useNow(20000);
  if (!at) return null;
  const date = new Date(at);
  return (
    <time dateTime={at} title={full.format(date)}>
      {inWords(date, now)}
    </time>
  );
}

function Running({ since }: { since: string }) {
  return <>{length(Math.max(0, (useNow(1000) - new Date(since).getTime()) / 1000))}</>;
}

const length = (seconds: number) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

export function Lasting({ since, seconds }: { since: string; seconds: number }) {
  return since ? <Running since={since} /> : <>{length(seconds)}</>;
}

const exact = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "numeric",
  minute: "2-digit",
});
const date = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "long", year: "numeric" });
const weekday = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long" });

/** A day of the calendar, whatever the time zone. iso: `2026-12-01`. */
export function Day({ iso }: { iso: string }) {
  return iso ? <time dateTime={iso}>{weekday.format(new Date(`${iso}T12:00`))}</time> : null;
}

export function Moment({ at, short = false }: { at: string | null; short?: boolean }) {
  return at ? (
    <time dateTime={at} title={full.format(new Date(at))}>
      {(short ? date : exact).format(new Date(at))}
    </time>
  ) : null;
}

export function Every({ seconds, onTick }: { seconds: number; onTick: () => void }) {
  const tick = useRef(onTick);
  tick.current = onTick;
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && tick.current(), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
  return null;
}

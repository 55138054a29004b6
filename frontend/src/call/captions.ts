// What was said, as a list that only grows. The assistant's words come twice: as a whole before they are spoken, and word
// by word as they are. What the second doesn't bring was not spoken, because the caller interrupted.

export interface CallCaption {
  id: string;
  /** When its first words came, in milliseconds. */
  at: number;
  speaker: "caller" | "assistant";
  text: string;
  final: boolean;
  typed?: boolean;
  /** Whether the caller types, and reads it as a whole at once. */
  written?: boolean;
  /** How many characters of the text were spoken. Undefined: all that is there. */
  spoken?: number;
  /** LiveKit's name for it, once it is being spoken. */
  segment?: string;
  /** Whether no more of it will be spoken. */
  closed?: boolean;
}

const BLANK = /\s/;

/** How many characters of a text these first words of it cover, whatever the blanks, or -1 if they are other words. */
export function coverage(text: string, words: string): number {
  let place = 0;
  for (const character of words) {
    if (BLANK.test(character)) continue;
    while (place < text.length && BLANK.test(text[place] as string)) place += 1;
    if (text[place] !== character) return -1;
    place += 1;
  }
  return place;
}

/** The part that was not spoken. While it is being spoken, that is what comes yet. Whoever reads has it all at once. */
export const unspoken = (caption: CallCaption) =>
  caption.spoken === undefined || caption.written ? "" : caption.text.slice(caption.spoken);

export const isInterrupted = (caption: CallCaption) => Boolean(caption.closed && unspoken(caption).trim());

/** Whether no assistant has received what the caller wrote. */
export const isUndelivered = ({ typed, final }: CallCaption) => Boolean(typed && !final);

/** Those to show: without what the assistant was about to say and never began. Whoever reads has seen it. */
export const visibleCaptions = (captions: CallCaption[]) =>
  captions.filter(({ text, closed, spoken, written }) => text.trim() && !(closed && spoken === 0 && !written));

/** A caption of the caller: new, or with more words. */
export function withCaption(captions: CallCaption[], caption: Partial<CallCaption> & { id: string }, at: number) {
  const index = captions.findIndex(({ id }) => id === caption.id);
  if (index < 0) return [...captions, { at, speaker: "caller", text: "", final: false, ...caption } as CallCaption];
  return captions.map((before, place) => (place === index ? { ...before, ...caption } : before));
}

/** Words that the assistant is about to say. complete: whether these are all. */
export function withWords(
  captions: CallCaption[],
  { id, text, complete, written }: { id: string; text: string; complete: boolean; written: boolean },
  at: number,
): CallCaption[] {
  const final = written && complete;
  if (captions.some((caption) => caption.id === id))
    return captions.map((caption) =>
      caption.id === id ? { ...caption, text, final: caption.final || final } : caption,
    );
  return [...close(captions), { id, at, speaker: "assistant", text, final, written, spoken: 0 }];
}

/** Words that the assistant has said until now. */
export function withSpoken(
  captions: CallCaption[],
  { segment, text, final }: { segment: string; text: string; final: boolean },
  at: number,
): CallCaption[] {
  const sameSegment = captions.find((caption) => caption.segment === segment);
  const caption =
    sameSegment ?? captions.findLast((one) => one.spoken === 0 && !one.segment && coverage(one.text, text) >= 0);
  if (!caption) return [...captions, { id: segment, segment, at, speaker: "assistant", text, final }];
  const spokenLength = coverage(caption.text, text);
  const updatedCaption: CallCaption = {
    ...caption,
    segment,
    at: sameSegment || caption.written ? caption.at : at,
    final: caption.final || final,
    closed: caption.closed || final,
    ...(caption.spoken === undefined ? { text } : { spoken: spokenLength < 0 ? caption.spoken : spokenLength }),
  };
  return captions.map((one) => (one === caption ? updatedCaption : one));
}

/** Nothing more is spoken of what was said until now. */
export const close = (captions: CallCaption[]) =>
  captions.map((one) => (one.spoken === undefined || one.closed ? one : { ...one, closed: true, final: true }));

// Editors of plain values: everything about them stands in the catalog.
import { Segments } from "../../components/Segments.tsx";
import type { EditorProps } from "./editor.ts";
import { FlowField } from "./FlowField.tsx";
import { Area, Choose, NumberInput, OptionalNumberInput, Slider, Switch, Text, Words } from "./fields.tsx";

const described = ({ info: { label, hint }, field }: Pick<EditorProps<never>, "info" | "field">) => ({
  label,
  hint,
  field,
});
const optionsOf = ({ info }: Pick<EditorProps<never>, "info">) => Object.entries(info.options ?? {});

export function TextEditor({ value, set, ...rest }: EditorProps<string>) {
  const { placeholder, maxLength } = rest.info;
  return <Text {...described(rest)} placeholder={placeholder} max={maxLength} value={value} set={set} />;
}

export function AreaEditor({ value, set, ...rest }: EditorProps<string>) {
  const { placeholder, maxLength } = rest.info;
  return <Area {...described(rest)} placeholder={placeholder} max={maxLength} value={value} set={set} />;
}

export function PatternEditor({ value, set, ...rest }: EditorProps<string>) {
  const { placeholder, maxLength } = rest.info;
  return (
    <Text
      {...described(rest)}
      className="editor-code"
      placeholder={placeholder}
      max={maxLength}
      value={value}
      set={set}
    />
  );
}

export function NumberEditor({ value, set, ...rest }: EditorProps<number | null>) {
  const { integer, minimum, maximum, exclusiveMinimum, initial } = rest.info;
  const limits = { integer, min: minimum, max: maximum, above: exclusiveMinimum };
  const props = { ...described(rest), ...limits, value };
  return initial === null ? <OptionalNumberInput {...props} set={set} /> : <NumberInput {...props} set={set} />;
}

export function SliderEditor({ value, set, ...rest }: EditorProps<number>) {
  const { minimum, maximum } = rest.info;
  return <Slider {...described(rest)} min={minimum} max={maximum} value={value} set={set} />;
}

export function SwitchEditor({ value, set, ...rest }: EditorProps<boolean>) {
  return <Switch {...described(rest)} value={Boolean(value)} set={set} />;
}

/** The option "" stands for null. */
export function SelectEditor({ value, set, ...rest }: EditorProps<string | null>) {
  return <Choose {...described(rest)} value={value} options={optionsOf(rest)} set={(key) => set(key || null)} />;
}

export function SegmentsEditor({ value, set, ...rest }: EditorProps<string>) {
  return (
    <FlowField {...described(rest)} group>
      {() => <Segments label={rest.info.label} value={value} options={optionsOf(rest)} set={set} />}
    </FlowField>
  );
}

export function WordsEditor({ value, set, ...rest }: EditorProps<string[]>) {
  const { placeholder, maxItems, maxItemLength } = rest.info;
  return (
    <Words
      {...described(rest)}
      placeholder={placeholder}
      max={maxItems}
      longest={maxItemLength}
      value={value}
      set={set}
    />
  );
}

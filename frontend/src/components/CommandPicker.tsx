// One of many, by keyboard as by mouse: the kind of a new node, where an exit leads, what a search finds.
import "./Menu.css";
import "./CommandPicker.css";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import { Command } from "cmdk";
import { Search } from "lucide-react";
import { Dialog } from "./Dialog.tsx";

const FEW = 8; // options that are not worth a search

export interface PickerOption {
  key: string;
  name: string;
  note?: string;
  icon?: ReactNode;
  disabled?: boolean;
  /** Its heading. Options of a group stand one after the other. */
  group?: string;
}

interface CommandPickerProps {
  title: string;
  options: PickerOption[];
  /** The options for a text, instead of those whose name or note has it. */
  find?: (text: string) => PickerOption[];
  placeholder?: string;
  empty?: string;
  /** What is going on, or wrong, below the options. */
  status?: string;
  /** Called with what the search holds. */
  onText?: (text: string) => void;
  /** Of the search, in characters. */
  maxLength?: number;
  onPick: (key: string) => void;
  onClose: () => void;
}

const includes = (option: PickerOption, text: string) =>
  `${option.name} ${option.note ?? ""}`.toLowerCase().includes(text.toLowerCase());

const startsWith = (option: PickerOption, letter: string) =>
  !option.disabled && option.name.toLowerCase().startsWith(letter.toLowerCase());

function Item({ option, onPick }: { option: PickerOption; onPick: (key: string) => void }) {
  const { key, name, note, icon, disabled } = option;
  return (
    <Command.Item value={key} className="ui-item" disabled={disabled} onSelect={() => onPick(key)}>
      {icon}
      <span className="ui-clip ui-grow">{name}</span>
      {note && <span className="ui-note ui-clip">{note}</span>}
    </Command.Item>
  );
}

export function CommandPicker(props: CommandPickerProps) {
  const { title, options, find, placeholder = "Search", empty = "No matches.", status, onPick, onClose } = props;
  const [text, setText] = useState("");
  const [marked, setMarked] = useState("");
  const query = text.trim();
  const matches = find ? find(query) : options.filter((option) => includes(option, query));
  // Results that arrive later have none that is marked: then the first one is.
  const current = matches.some(({ key }) => key === marked)
    ? marked
    : (matches.find(({ disabled }) => !disabled)?.key ?? "");
  const message = status || (matches.length === 0 && (text || !find) ? empty : "");
  const onValueChange = (value: string) => {
    setText(value);
    props.onText?.(value.trim());
  };
  const hasSearch = Boolean(find) || options.length > FEW;
  const items = (group: string | undefined) =>
    matches
      .filter((option) => option.group === group)
      .map((option) => <Item key={option.key} {...{ option, onPick }} />);

  // Without a search, a letter goes to the next option that begins with it.
  const onKeyDown = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
    if (hasSearch || key.length > 1 || key === " " || ctrlKey || metaKey || altKey) return;
    const from = matches.findIndex((option) => option.key === current) + 1;
    const next = [...matches.slice(from), ...matches.slice(0, from)].find((option) => startsWith(option, key));
    if (next) setMarked(next.key);
  };
  return (
    <Dialog open title={title} onDismiss={onClose}>
      <Command
        className="ui-picker"
        label={placeholder}
        shouldFilter={false}
        loop
        value={current}
        onValueChange={setMarked}
        onKeyDown={onKeyDown}
      >
        {hasSearch && (
          <div className="ui-input">
            <Search size={16} />
            <Command.Input
              placeholder={placeholder}
              value={text}
              maxLength={props.maxLength}
              onValueChange={onValueChange}
              data-first
            />
          </div>
        )}
        <Command.List label={title}>
          {[...new Set(matches.map(({ group }) => group))].map((group) =>
            group ? (
              <Command.Group key={group} heading={group}>
                {items(group)}
              </Command.Group>
            ) : (
              items(group)
            ),
          )}
        </Command.List>
        {(message || matches.length === 0) && (
          <p className="ui-muted" role="status">
            {message}
          </p>
        )}
      </Command>
    </Dialog>
  );
}

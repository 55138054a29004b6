// One of many, by keyboard as by mouse: the kind of a new node, where an exit leads, what a search finds.
import "./Menu.css";
import "./CommandPicker.css";
import { useState, type ReactNode } from "react";
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
}

interface CommandPickerProps {
  title: string;
  options: PickerOption[];
  /** The options for a text, instead of those whose name or note has it. */
  find?: (text: string) => PickerOption[];
  placeholder?: string;
  empty?: string;
  onPick: (key: string) => void;
  onClose: () => void;
}

const includes = (option: PickerOption, text: string) =>
  `${option.name} ${option.note ?? ""}`.toLowerCase().includes(text.toLowerCase());

export function CommandPicker(props: CommandPickerProps) {
  const { title, options, find, placeholder = "Search", empty = "No matches.", onPick, onClose } = props;
  const [text, setText] = useState("");
  const query = text.trim();
  const shown = find ? find(query) : options.filter((option) => includes(option, query));
  return (
    <Dialog open title={title} onDismiss={onClose}>
      <Command className="ui-picker" label={placeholder} shouldFilter={false} loop>
        {(find || options.length > FEW) && (
          <div className="ui-input">
            <Search size={16} />
            <Command.Input placeholder={placeholder} value={text} onValueChange={setText} data-first />
          </div>
        )}
        <Command.List label={title}>
          {shown.map((option) => (
            <Command.Item
              key={option.key}
              value={option.key}
              className="ui-item"
              disabled={option.disabled}
              onSelect={() => onPick(option.key)}
            >
              {option.icon}
              <span className="ui-clip ui-grow">{option.name}</span>
              {option.note && <span className="ui-note ui-clip">{option.note}</span>}
            </Command.Item>
          ))}
        </Command.List>
        {shown.length === 0 && (
          <p className="ui-muted" role="status">
            {text || !find ? empty : ""}
          </p>
        )}
      </Command>
    </Dialog>
  );
}

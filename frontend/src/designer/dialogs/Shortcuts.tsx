// The sheet of keys.
import { Dialog } from "../../components/Dialog.tsx";

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const KEYS: [string, [string, string][]][] = [
  [
    "Create",
    [
      ["N", "Add a node"],
      ["A", "Add after the selected node"],
      ["C", "Connect the selected node to another"],
      ["Enter", "Edit selection"],
      ["⌘ D", "Duplicate"],
      ["⌘ C, ⌘ X, ⌘ V", "Copy, cut, paste (also between campaigns)"],
      ["Delete", "Delete"],
    ],
  ],
  [
    "Navigate",
    [
      ["⌘ F", "Search"],
      ["P", "Show problems"],
      ["O", "Switch between canvas and outline"],
      ["F", "Fit flow to window"],
      ["Arrow keys", "Move selection (canvas) or focus (outline)"],
      ["Tab", "Next node, exit, or button"],
    ],
  ],
  [
    "Edit",
    [
      ["⌘ Z", "Undo"],
      ["⌘ Shift Z", "Redo"],
      ["L", "Arrange automatically"],
      ["⌘ A", "Select all"],
      ["Escape", "Clear selection, close"],
      ["⌘ S", "Save now"],
      ["?", "Show shortcuts"],
    ],
  ],
];

export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open title="Keyboard shortcuts" onDismiss={onClose}>
      <div className="editor-keys">
        {KEYS.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, meaning]) => (
                <div key={key}>
                  <dt>
                    <kbd>{MAC ? key : key.replaceAll("⌘", "Ctrl")}</kbd>
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

// The sheet of keys.
import { Dialog } from "../../components/Dialog.tsx";

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const KEYS: [string, [string, string][]][] = [
  [
    "Make",
    [
      ["N", "Add a node"],
      ["A", "Add after the selected node"],
      ["C", "Connect the selected node to another"],
      ["Enter", "Edit what is selected"],
      ["⌘ D", "Duplicate"],
      ["⌘ C, ⌘ X, ⌘ V", "Copy, cut, paste; also in another campaign"],
      ["Delete", "Delete"],
    ],
  ],
  [
    "Go",
    [
      ["⌘ F", "Search names and words"],
      ["P", "Problems"],
      ["O", "Canvas or outline"],
      ["F", "Fit the flow to the window"],
      ["Arrow keys", "Move what is selected; in the outline, go on"],
      ["Tab", "The next node, exit or button"],
    ],
  ],
  [
    "Change",
    [
      ["⌘ Z", "Undo"],
      ["⌘ Shift Z", "Redo"],
      ["L", "Arrange automatically"],
      ["⌘ A", "Select everything"],
      ["Escape", "Select nothing, close"],
      ["⌘ S", "Save now"],
      ["?", "This sheet"],
    ],
  ],
];

export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open title="Keys" onDismiss={onClose}>
      <div className="fl-keys">
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

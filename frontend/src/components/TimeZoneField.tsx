// A time zone in a form of a Python page: a button that opens a search, and its value for the form.
import { useEffect, useId, useMemo, useState } from "react";
import { ChevronsUpDown } from "lucide-react";
import { CommandPicker, type PickerOption } from "./CommandPicker.tsx";
import { Field } from "./Field.tsx";
import { browserTimeZone, findTimeZones, timeZone, timeZones, type TimeZone } from "./timeZone.ts";

interface TimeZoneFieldProps {
  name: string;
  label: string;
  hint: string;
  error: string;
  /** IANA name. */
  value: string;
}

const asOption = ({ id, city, region, offset }: TimeZone): PickerOption => ({
  key: id,
  name: city,
  note: offset,
  group: region,
});

export function TimeZoneField({ name, label, hint, error, value }: TimeZoneFieldProps) {
  const [chosen, setChosen] = useState(value);
  const [picking, setPicking] = useState(false);
  const face = useId();
  useEffect(() => setChosen(value), [value]);
  const { city, offset } = timeZone(chosen, new Date());
  const here = browserTimeZone();
  return (
    <Field label={label} hint={hint} message={error} group>
      {(control, labelId) => (
        <>
          <input type="hidden" name={name} value={chosen} />
          <div className="ui-row ui-wrap">
            <button
              {...control}
              type="button"
              className="ui-button surface mid"
              aria-invalid={undefined}
              aria-labelledby={`${labelId} ${face}`}
              aria-haspopup="dialog"
              onClick={() => setPicking(true)}
            >
              <span id={face}>
                {city} {offset !== city && <span className="ui-note">{offset}</span>}
              </span>
              <ChevronsUpDown size={14} />
            </button>
            {chosen !== here && (
              <button type="button" className="ui-button ghost mid" onClick={() => setChosen(here)}>
                Use {timeZone(here, new Date()).city}, as on this device
              </button>
            )}
          </div>
          {picking && (
            <TimeZonePicker
              chosen={chosen}
              onPick={(id) => {
                setChosen(id);
                setPicking(false);
              }}
              onClose={() => setPicking(false)}
            />
          )}
        </>
      )}
    </Field>
  );
}

interface TimeZonePickerProps {
  chosen: string;
  onPick: (id: string) => void;
  onClose: () => void;
}

function TimeZonePicker({ chosen, onPick, onClose }: TimeZonePickerProps) {
  const zones = useMemo(() => timeZones(new Date(), chosen), [chosen]);
  return (
    <CommandPicker
      title="Time zone"
      placeholder="City or region"
      options={zones.map(asOption)}
      find={(text) => findTimeZones(zones, text).map(asOption)}
      empty="No time zone matches."
      onPick={onPick}
      onClose={onClose}
    />
  );
}

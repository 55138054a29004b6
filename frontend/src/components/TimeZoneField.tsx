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
  const [zone, setZone] = useState(value);
  const [picking, setPicking] = useState(false);
  const face = useId();
  useEffect(() => setZone(value), [value]);
  const { city, offset } = timeZone(zone, new Date());
  const here = browserTimeZone();
  return (
    <Field label={label} hint={hint} message={error} group>
      {(control, labelId) => (
        <>
          <input type="hidden" name={name} value={zone} />
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
            {zone !== here && (
              <button type="button" className="ui-button ghost mid" onClick={() => setZone(here)}>
                Use {timeZone(here, new Date()).city}, as on this device
              </button>
            )}
          </div>
          {picking && (
            <TimeZonePicker
              zone={zone}
              onPick={(id) => {
                setZone(id);
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
  zone: string;
  onPick: (id: string) => void;
  onClose: () => void;
}

function TimeZonePicker({ zone, onPick, onClose }: TimeZonePickerProps) {
  const zones = useMemo(() => timeZones(new Date(), zone), [zone]);
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

// Uploading to a knowledge base: files dropped or chosen, each with its progress and its error.
import "./Upload.css";
import { useEffect, useReducer, useRef, useState, type ChangeEvent, type DragEvent, type ReactNode } from "react";
import { CircleAlert, FileUp, RefreshCw, X } from "lucide-react";
import { asProblem } from "../api/client.ts";
import type { UploadResults } from "../api/schema.ts";
import { sendFile } from "./send.ts";
import { nextUploads, reduce, sizeInWords, type Upload } from "./uploads.ts";

const ACCEPT = ".pdf,.docx,.md,.markdown,.html,.htm,.csv,.tsv,.txt";

interface UploadFilesProps {
  base: string;
  /** Bytes that a file may have. */
  largest: number;
  onUpload: () => void;
  /** Other ways to add a document. */
  children: ReactNode;
}

export function UploadFiles({ base, largest, onUpload, children }: UploadFilesProps) {
  const { uploads, announcement, add, retry, remove } = useUploads(base, largest, onUpload);
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const hasFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");
  const onDragOver = (event: DragEvent) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    setOver(true);
  };
  const onDragLeave = (event: DragEvent<HTMLElement>) => {
    if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget))) setOver(false);
  };
  const onDrop = (event: DragEvent) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    setOver(false);
    add([...event.dataTransfer.files]);
  };
  return (
    <section className="ui-card" aria-label="Add documents">
      <div
        className={`knowledge-drop ${over ? "over" : ""}`}
        onDragEnter={onDragOver}
        onDragOver={onDragOver}
        onDragLeave={onDragLeave}
        onDrop={onDrop}
      >
        <FileUp size={24} aria-hidden />
        <p>
          <b>{over ? "Drop to upload" : "Drop files here"}</b>
          <span className="ui-note">
            PDF, Word (.docx), Markdown, HTML, CSV or text, up to {largest / 1_000_000} MB each
          </span>
        </p>
        <div className="knowledge-ways">
          <button type="button" className="ui-button solid" onClick={() => input.current?.click()}>
            Choose files
          </button>
          {children}
        </div>
        <FileInput input={input} multiple onFiles={add} label="Files to upload" />
      </div>
      {uploads.length > 0 && (
        <ul className="knowledge-uploads" aria-label="Uploads">
          {uploads.map((upload) => (
            <UploadRow
              key={upload.id}
              upload={upload}
              retry={() => retry(upload.id)}
              remove={() => remove(upload.id)}
            />
          ))}
        </ul>
      )}
      <div role="status" className="ui-screen-reader">
        {announcement}
      </div>
    </section>
  );
}

function useUploads(base: string, largest: number, onUpload: () => void) {
  const [uploads, dispatch] = useReducer(reduce, []);
  const [announcement, setAnnouncement] = useState("");
  const sendingIds = useRef(new Set<number>());

  useEffect(() => {
    const send = async ({ id, file }: Upload) => {
      dispatch({ type: "start", id });
      try {
        const path = `/api/knowledge/upload?base_id=${encodeURIComponent(base)}`;
        const answer = await sendFile<UploadResults>("POST", path, file, (progress) =>
          dispatch({ type: "progress", id, progress }),
        );
        const error = answer.files[0]?.error;
        if (error) dispatch({ type: "fail", id, problem: error.detail, retryable: false });
        else {
          dispatch({ type: "remove", id });
          setAnnouncement(`${file.name} was uploaded.`);
          onUpload();
        }
      } catch (error) {
        dispatch({ type: "fail", id, problem: asProblem(error).message, retryable: true });
      }
      sendingIds.current.delete(id);
    };
    for (const upload of nextUploads(uploads)) {
      if (sendingIds.current.has(upload.id)) continue;
      sendingIds.current.add(upload.id);
      void send(upload);
    }
  }, [uploads, base, onUpload]);

  return {
    uploads,
    announcement,
    add: (files: File[]) => dispatch({ type: "add", files, largest }),
    retry: (id: number) => dispatch({ type: "retry", id }),
    remove: (id: number) => dispatch({ type: "remove", id }),
  };
}

function UploadRow({ upload, retry, remove }: { upload: Upload; retry: () => void; remove: () => void }) {
  const { file, status, progress, problem, retryable } = upload;
  return (
    <li>
      <div className="ui-row">
        <span className="ui-clip ui-grow">{file.name}</span>
        <span className="ui-note">{sizeInWords(file.size)}</span>
        {status === "failed" && retryable && (
          <button type="button" className="ui-button surface" onClick={retry}>
            Retry
          </button>
        )}
        {status !== "sending" && (
          <button type="button" className="ui-button ghost icon" aria-label={`Remove ${file.name}`} onClick={remove}>
            <X size={16} />
          </button>
        )}
      </div>
      {status === "failed" ? (
        <p className="knowledge-problem" role="alert">
          <CircleAlert size={14} aria-hidden />
          {problem}
        </p>
      ) : (
        <progress className="knowledge-progress" max={100} value={progress} aria-label={`Upload of ${file.name}`} />
      )}
    </li>
  );
}

interface ReplaceFileProps {
  document: string;
  largest: number;
  onUpload: () => void;
}

export function ReplaceFile({ document, largest, onUpload }: ReplaceFileProps) {
  const [progress, setProgress] = useState<number | null>(null);
  const [problem, setProblem] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const replace = async ([file]: File[]) => {
    if (!file || progress !== null) return;
    setProblem(file.size > largest ? `This file is larger than ${largest / 1_000_000} MB. Split it.` : "");
    if (file.size > largest) return;
    setProgress(0);
    try {
      await sendFile("PUT", `/api/knowledge/documents/${encodeURIComponent(document)}/content`, file, setProgress);
      onUpload();
    } catch (error) {
      setProblem(asProblem(error).message);
    }
    setProgress(null);
  };
  return (
    <>
      <button
        type="button"
        className={`ui-button surface ${progress === null ? "" : "busy"}`}
        aria-disabled={progress !== null}
        onClick={() => input.current?.click()}
      >
        <RefreshCw size={16} />
        {progress === null ? "Replace file" : `Uploading ${progress}%`}
      </button>
      <FileInput input={input} onFiles={(files) => void replace(files)} label="New version" />
      <div role="status" className="knowledge-told">
        {problem && (
          <p className="knowledge-problem">
            <CircleAlert size={14} aria-hidden />
            {problem}
          </p>
        )}
      </div>
    </>
  );
}

interface FileInputProps {
  input: React.RefObject<HTMLInputElement | null>;
  label: string;
  multiple?: boolean;
  onFiles: (files: File[]) => void;
}

/** The browser's own field, behind a button of ours. */
function FileInput({ input, label, multiple = false, onFiles }: FileInputProps) {
  const onChange = ({ target }: ChangeEvent<HTMLInputElement>) => {
    onFiles([...(target.files ?? [])]);
    target.value = ""; // the same file can be chosen again
  };
  return (
    <input ref={input} type="file" accept={ACCEPT} multiple={multiple} hidden aria-label={label} onChange={onChange} />
  );
}

// The login form. The cookie is HttpOnly, so the page is loaded anew: the socket has to carry it.
import { useState } from "react";

const safe = (path) => (path && path.startsWith("/") && !path.startsWith("//") && !path.includes("\\") ? path : "/calls");

export function LoginForm() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);

  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError("");
    try {
      const response = await fetch("/api/auth/login", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email, password }),
      });
      if (response.ok) {
        window.location.assign(safe(new URLSearchParams(window.location.search).get("next")));
        return;
      }
      const problem = await response.json().catch(() => ({}));
      setError(problem.detail || "That did not work. Please try again.");
    } catch {
      setError("The server cannot be reached. Check your connection and try again.");
    }
    setBusy(false);
  };

  return (
    <form className="qv-login-form" onSubmit={submit}>
      <div className="qv-field">
        <label htmlFor="email">E-mail</label>
        <div className="qv-input">
          <input id="email" type="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />
        </div>
      </div>
      <div className="qv-field">
        <label htmlFor="password">Password</label>
        <div className="qv-input">
          <input id="password" type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
        </div>
      </div>
      {error && <div className="qv-callout red" role="alert"><span>{error}</span></div>}
      <button type="submit" className="qv-btn solid mid wide" disabled={busy}>Log in</button>
    </form>
  );
}

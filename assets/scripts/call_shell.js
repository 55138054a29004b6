// The call page's style sheets don't delay its shell: they are for print until they are here.
for (const sheet of document.querySelectorAll('link[rel="stylesheet"][media="print"]')) {
  const use = () => { sheet.media = "all"; };
  if (sheet.sheet) use();
  else sheet.addEventListener("load", use, { once: true });
}

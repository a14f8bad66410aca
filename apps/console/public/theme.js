/** Applies the chosen theme and language before the first paint; a file, since the page's policy allows no inline script. */
(() => {
  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage is refused: the system's choice stands
    }
  };
  const theme = read('pratique.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  const language = read('pratique.language') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en';
})();

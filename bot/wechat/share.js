// Gives the platform's own "share" the title, words and picture that the page already names for previews.
(() => {
  const lib = document.createElement("script");
  lib.src = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js";
  const meta = name => document.querySelector(`meta[property="og:${name}"]`)?.content || "";
  lib.onload = async () => {
    const page = location.href.split("#")[0];
    const answer = await fetch("/hook/wechat/js?url=" + encodeURIComponent(page));
    if (!answer.ok) return;
    wx.config(await answer.json());
    wx.ready(() => {
      const card = { title: meta("title"), desc: meta("description"), link: meta("url") || page, imgUrl: meta("image") };
      wx.updateAppMessageShareData(card);
      wx.updateTimelineShareData(card);
    });
  };
  document.head.append(lib);
})();

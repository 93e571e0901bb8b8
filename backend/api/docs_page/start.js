// In a file of its own: the page's policy allows no script inside HTML.
SwaggerUIBundle({
  url: "../openapi.json",
  dom_id: "#document",
  deepLinking: true,
  validatorUrl: null, // a third party's
});

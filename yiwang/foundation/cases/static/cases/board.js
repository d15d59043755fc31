// The board on which a procedure is drawn: bpmn-js with our own palette and panel. Words come from the page, in the reader's language.
(() => {
  "use strict";

  const form = document.querySelector("[data-board]");
  const board = document.getElementById("board");
  const source = form?.querySelector("textarea[name=bpmn]");
  if (!form || !window.BpmnJS) return;

  const attributes = (...names) => names.map((name) => ({ name, isAttr: true, type: "String" }));
  const ours = {
    name: "Yiwang",
    prefix: "yiwang",
    uri: "urn:yiwang:bpmn",
    xml: { tagAlias: "lowerCase" },
    types: [
      { name: "Task", superClass: ["Element"], properties: attributes("role", "stage", "suspends", "reason") },
      { name: "Outcome", superClass: ["Element"], properties: attributes("code", "label", "opinion", "starts", "stops", "tone", "done") },
      { name: "Joint", superClass: ["Element"], properties: attributes("roles", "agrees", "rule") },
      { name: "Operation", superClass: ["Element"], properties: attributes("name", "stage") },
      { name: "End", superClass: ["Element"], properties: attributes("outcome", "label") },
      { name: "Timer", superClass: ["Element"], properties: attributes("days") },
    ],
  };

  const words = [...form.querySelectorAll("[data-words] li")].map((item) => ({ ...item.dataset, title: item.textContent }));
  const word = (tool) => words.find((one) => one.tool === tool);
  const shapeOf = (factory, one) => factory.createShape({ type: one.make, eventDefinitionType: one.event });

  function Palette(palette, create, elementFactory, handTool, lassoTool, globalConnect) {
    palette.registerProvider(this);
    const tools = { hand: handTool.activateHand.bind(handTool), lasso: lassoTool.activateSelection.bind(lassoTool), connect: globalConnect.start.bind(globalConnect) };
    this.getPaletteEntries = () => {
      const entries = {};
      for (const one of words) {
        if (one.tool === "delete") continue;
        const start = one.make ? (event) => create.start(event, shapeOf(elementFactory, one)) : tools[one.tool];
        entries[one.tool || one.make] = { group: one.tool ? "tools" : "make", className: `bpmn-icon-${one.icon}`, title: one.title, action: { click: start, dragstart: start } };
      }
      return entries;
    };
  }
  Palette.$inject = ["palette", "create", "elementFactory", "handTool", "lassoTool", "globalConnect"];

  function Pad(contextPad, autoPlace, elementFactory, connect, modeling) {
    contextPad.registerProvider(this);
    this.getContextPadEntries = (element) => {
      const entries = {};
      if (!element.waypoints && element.type !== "bpmn:EndEvent" && element.type !== "label") {
        for (const one of words.filter((item) => "append" in item)) {
          entries[one.make] = { group: "append", className: `bpmn-icon-${one.icon}`, title: one.title, action: { click: () => autoPlace.append(element, shapeOf(elementFactory, one)) } };
        }
        const join = (event) => connect.start(event, element);
        entries.connect = { group: "edit", className: `bpmn-icon-${word("connect").icon}`, title: word("connect").title, action: { click: join, dragstart: join } };
      }
      entries.delete = { group: "edit", className: `bpmn-icon-${word("delete").icon}`, title: word("delete").title, action: { click: () => modeling.removeElements([element]) } };
      return entries;
    };
  }
  Pad.$inject = ["contextPad", "autoPlace", "elementFactory", "connect", "modeling"];

  board.classList.add("script-here");
  const modeler = new BpmnJS({
    container: form.querySelector("[data-canvas]"),
    moddleExtensions: { yiwang: ours },
    additionalModules: [{ paletteProvider: ["type", Palette], contextPadProvider: ["type", Pad] }],
  });
  const [canvas, registry, selection, modeling, factory, replace] = ["canvas", "elementRegistry", "selection", "modeling", "bpmnFactory", "bpmnReplace"].map((name) => modeler.get(name));

  const picker = form.querySelector("[data-elements]");
  const groups = [...form.querySelectorAll("[data-for]")];
  const rows = form.querySelector("[data-outcomes]");
  const taken = form.querySelector("[data-id-taken]");
  let shown = null;

  const bare = (element) => element && element.type !== "label" && element !== canvas.getRootElement();
  const nameOf = (element) => element.businessObject.name || element.id;
  const extensions = (element) => element.businessObject.extensionElements?.values || [];
  const extension = (element, type) => extensions(element).find((one) => one.$type === type);

  // Lays ``values`` upon the extension element of ``type``, making it where it is missing.
  const putExtension = (element, type, values) => {
    const found = extension(element, type);
    if (found) return modeling.updateModdleProperties(element, found, values);
    return putExtensions(element, [factory.create(type, values), ...extensions(element)]);
  };
  const putExtensions = (element, values) => {
    const holder = factory.create("bpmn:ExtensionElements", { values });
    for (const one of values) one.$parent = holder;
    holder.$parent = element.businessObject;
    modeling.updateProperties(element, { extensionElements: holder });
  };

  const expression = (text) => (text ? factory.create("bpmn:FormalExpression", { body: text }) : undefined);
  const special = {
    id: { get: (element) => element.id, put: rename },
    name: { get: (element) => element.businessObject.name, put: (element, value) => modeling.updateProperties(element, { name: value || undefined }) },
    calledElement: { get: (element) => element.businessObject.calledElement, put: (element, value) => modeling.updateProperties(element, { calledElement: value || undefined }) },
    type: { get: (element) => element.type, put: (element, value) => selection.select(replace.replaceElement(element, { type: value })) },
    condition: {
      get: (element) => element.businessObject.conditionExpression?.body,
      put: (element, value) => modeling.updateProperties(element, { conditionExpression: expression(value) }),
    },
    default: {
      get: (element) => element.source.businessObject.default === element.businessObject,
      put: (element, value) => modeling.updateProperties(element.source, { default: value ? element.businessObject : undefined }),
    },
    duration: {
      get: (element) => element.businessObject.eventDefinitions?.[0]?.timeDuration?.body,
      put: (element, value) => {
        const event = element.businessObject.eventDefinitions?.[0];
        if (event) modeling.updateModdleProperties(element, event, { timeDuration: expression(value) });
      },
    },
  };

  function rename(element, value) {
    const wrong = !/^[a-z][a-z0-9_]{0,59}$/.test(value) || (registry.get(value) && registry.get(value) !== element);
    taken.hidden = !wrong;
    if (!wrong && value !== element.id) modeling.updateProperties(element, { id: value });
  }

  const valueOf = (field) => {
    if (field.type === "checkbox") return field.checked;
    return field.multiple ? [...field.selectedOptions].map((option) => option.value).join(" ") : field.value.trim();
  };
  const show = (field, value) => {
    if (field.type === "checkbox") field.checked = !!value;
    else if (field.multiple) for (const option of field.options) option.selected = (value || "").split(" ").includes(option.value);
    else {
      if (field.matches("select") && value && ![...field.options].some((option) => option.value === value)) field.add(new Option(value, value));
      field.value = value ?? (field.matches("select") ? field.options[0].value : "");
    }
  };

  const read = (element, path) => {
    if (special[path]) return special[path].get(element);
    const [type, name] = path.split(".");
    return extension(element, type)?.[name];
  };
  const write = (element, path, value) => {
    if (special[path]) return special[path].put(element, value);
    const [type, name] = path.split(".");
    if (type === "yiwang:Joint") return joint(element, name, value);
    return putExtension(element, type, { [name]: value || undefined });
  };

  // A joint review is a task of several: without roles it is none.
  const joint = (element, name, value) => {
    if (name === "roles" && !value) {
      putExtensions(element, extensions(element).filter((one) => one.$type !== "yiwang:Joint"));
      return modeling.updateProperties(element, { loopCharacteristics: undefined });
    }
    if (!element.businessObject.loopCharacteristics) {
      modeling.updateProperties(element, { loopCharacteristics: factory.create("bpmn:MultiInstanceLoopCharacteristics", {}) });
    }
    return putExtension(element, "yiwang:Joint", { rule: extension(element, "yiwang:Joint")?.rule || "all", [name]: value || undefined });
  };

  const outcomes = (element) => extensions(element).filter((one) => one.$type === "yiwang:Outcome");
  const drawOutcomes = (element) => {
    const template = form.querySelector("template[data-outcome]");
    rows.replaceChildren();
    outcomes(element).forEach((outcome, number) => {
      const row = template.content.cloneNode(true);
      for (const field of row.querySelectorAll("[id], [for], [aria-describedby]")) {
        for (const name of ["id", "for", "aria-describedby"]) if (field.hasAttribute(name)) field.setAttribute(name, `${field.getAttribute(name).trim()}-${number}`);
      }
      for (const field of row.querySelectorAll("[data-out]")) {
        field.removeAttribute("name");
        show(field, outcome[field.dataset.out]);
        field.addEventListener("change", () => modeling.updateModdleProperties(element, outcome, { [field.dataset.out]: valueOf(field) || undefined }));
      }
      row.querySelector("[data-drop-outcome]").addEventListener("click", () => {
        putExtensions(element, extensions(element).filter((one) => one !== outcome));
        drawOutcomes(element);
      });
      rows.append(row);
    });
  };

  const draw = () => {
    const [element] = selection.get();
    shown = bare(element) ? element : bare(element?.labelTarget) ? element.labelTarget : null;
    picker.value = shown?.id || "";
    for (const group of groups) {
      group.hidden = !shown || !(group.dataset.for === "*" || group.dataset.for.split(" ").includes(shown.type));
      if (group.hidden) continue;
      for (const field of group.querySelectorAll("[data-path]")) show(field, read(shown, field.dataset.path));
    }
    taken.hidden = true;
    if (shown?.type === "bpmn:UserTask") drawOutcomes(shown);
  };
  const list = () => {
    const all = registry.filter((element) => bare(element) && element.businessObject.$instanceOf("bpmn:FlowElement"));
    picker.replaceChildren(picker.options[0], ...all.map((element) => new Option(`${nameOf(element)} (${element.id})`, element.id)));
    picker.value = shown?.id || "";
  };

  const choose = (id) => {
    const element = registry.get(id);
    if (!element) return;
    selection.select(element);
    canvas.scrollToElement(element);
  };
  picker.addEventListener("change", () => (picker.value ? choose(picker.value) : selection.select(null)));
  for (const link of document.querySelectorAll("a[data-element]")) link.addEventListener("click", () => choose(link.dataset.element));
  for (const field of form.querySelectorAll("[data-path]")) {
    field.removeAttribute("name"); // the panel is no part of what is posted
    field.addEventListener("change", () => shown && write(shown, field.dataset.path, valueOf(field)));
  }
  form.querySelector("[data-add-outcome]").addEventListener("click", () => {
    if (!shown) return;
    putExtensions(shown, [...extensions(shown), factory.create("yiwang:Outcome", { code: `outcome${outcomes(shown).length + 1}`, label: "", tone: "plain" })]);
    drawOutcomes(shown);
    rows.lastElementChild.querySelector("input").focus();
  });

  let unsaved = false;
  let drawn = false;
  const open = async () => {
    try {
      await modeler.importXML(source.value);
    } catch {
      board.classList.remove("script-here"); // a file without a picture, or a broken one: its text remains
      form.querySelector("[data-source]").open = true;
      return;
    }
    drawn = true;
    canvas.zoom("fit-viewport", "auto");
    for (const id of board.dataset.wrong.split(" ")) if (id && registry.get(id)) canvas.addMarker(id, "wrong");
    list();
  };
  modeler.on("selection.changed", draw);
  modeler.on("commandStack.changed", () => {
    unsaved = true;
    list();
  });
  source.addEventListener("input", () => (unsaved = true));
  source.addEventListener("change", open);

  form.addEventListener("submit", (event) => {
    unsaved = false;
    if (!drawn) return;
    event.preventDefault();
    modeler.saveXML({ format: true }).then(({ xml }) => {
      source.value = xml;
      form.submit();
    });
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });
  open();
})();

/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const openPoint = (name) =>
    `.o_field_widget[name='line_ids'] .o_data_row:contains(${name}) button[name='action_open']`;

registry.category("web_tour.tours").add("recouvrement_go_live", {
    url: "/odoo/action-recouvrement_amiable.recouvrement_go_live_open_action",
    steps: () => [
        {
            content: "Nobody makes the calls: go where it is mended",
            trigger: openPoint("Default collector"),
            run: "click",
        },
        {
            content: "The settings of the company, without the general settings",
            trigger:
                ".o_settings_container .o_field_widget[name='recouvrement_bank_max_age'] input",
            run: "edit 12",
        },
        ...stepUtils.saveForm(),
        {
            content: "Back to the checklist",
            trigger: ".o_control_panel .breadcrumb-item a:contains(Going Live)",
            run: "click",
        },
        {
            content: "Read what the ladders say",
            trigger: "button[name='action_read_texts']",
            run: "click",
        },
        {
            content: "All of it is there, with examples for the words",
            trigger: ".o_field_widget[name='page']:contains(Example Customer)",
        },
    ],
});

/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const openWorklist = [
    stepUtils.showAppsMenuItem(),
    {
        content: "Open the application",
        trigger:
            ".o_app[data-menu-xmlid='recouvrement_amiable.recouvrement_menu_root']",
        run: "click",
    },
];

function workOf(customer) {
    return `.o_data_row:contains(${customer}) button[name='action_do']:visible`;
}

registry.category("web_tour.tours").add("recouvrement_morning_approve", {
    url: "/odoo",
    steps: () => [
        ...openWorklist,
        {
            content: "Read the relance that waits for approval",
            trigger: workOf("Vasseur"),
            run: "click",
        },
        {
            content: "The message is there as the debtor will read it",
            trigger: ".o_form_view .o_field_widget[name='preview']",
        },
        {
            content: "Approve it",
            trigger: "button[name='action_approve']",
            run: "click",
        },
        {
            content: "It is on its way",
            trigger:
                ".o_statusbar_status .o_arrow_button_current[data-value='approved']",
        },
    ],
});

registry.category("web_tour.tours").add("recouvrement_morning_call", {
    url: "/odoo",
    steps: () => [
        ...openWorklist,
        {
            content: "Call the customer",
            trigger: workOf("Lumen"),
            run: "click",
        },
        {
            content: "The script is beside the fields",
            trigger: ".modal .o_field_widget[name='call_note']:contains(Good morning)",
        },
        {
            content: "They answered",
            trigger:
                ".modal .o_field_widget[name='result'] input[data-value='reached']",
            run: "click",
        },
        {
            content: "What was said",
            trigger: ".modal .o_field_widget[name='note'] textarea",
            run: "edit The cheque leaves on Friday",
        },
        {
            content: "Note it",
            trigger: ".modal button[name='action_confirm']",
            run: "click",
        },
        {
            content: "The call is no longer to do",
            trigger: "body:not(:has(.modal))",
        },
    ],
});

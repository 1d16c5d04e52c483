/* License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl). */
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const confirmOrder = {
    content: "Confirm the order",
    trigger:
        ".o_statusbar_buttons button[name='action_confirm']:visible:not(:disabled)",
    run: "click",
};

registry.category("web_tour.tours").add("recouvrement_release_ask", {
    steps: () => [
        {
            content: "The quotation says why it would be stopped",
            trigger: ".o_form_view .alert-danger:contains(over the limit of)",
        },
        confirmOrder,
        {
            content: "The refusal says why, and what to do about it",
            trigger: ".modal .modal-body:contains(over the limit of)",
        },
        {
            content: "Ask for a release",
            trigger: ".modal .modal-footer button:contains(Ask for a release)",
            run: "click",
        },
        {
            content: "The reason is still in sight",
            trigger: ".o_field_widget[name='stop_text']:contains(over the limit of)",
        },
        {
            content: "Why it should go",
            trigger: ".o_field_widget[name='reason'] input",
            run: "edit The transfer is announced for Friday",
        },
        {
            content: "Ask",
            trigger: "button[name='action_confirm']:contains(Ask)",
            run: "click",
        },
        {
            content: "Told that the credit manager knows",
            trigger: ".o_notification:contains(credit manager has been asked)",
        },
        {
            content: "Back on the quotation",
            trigger:
                "body:not(:has(.modal)) .o_form_view .o_field_widget[name='order_line']",
        },
    ],
});

registry.category("web_tour.tours").add("recouvrement_release_grant", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the application",
            trigger:
                ".o_app[data-menu-xmlid='recouvrement_amiable.recouvrement_menu_root']",
            run: "click",
        },
        {
            content: "Customers",
            trigger:
                ".o_menu_sections [data-menu-xmlid='recouvrement_amiable.recouvrement_dossier_menu_root']",
            run: "click",
        },
        {
            content: "Releases",
            trigger:
                ".o-dropdown--menu [data-menu-xmlid='recouvrement_amiable.recouvrement_release_menu']",
            run: "click",
        },
        {
            content: "The release that waits",
            trigger: ".o_data_row:contains(Vasseur) td[name='document']",
            run: "click",
        },
        {
            content: "Why it was stopped",
            trigger:
                ".o_form_view .o_field_widget[name='stop_text']:contains(over the limit of)",
        },
        {
            content: "What the salesperson says",
            trigger:
                ".o_field_widget[name='asked_reason']:contains(announced for Friday)",
        },
        {
            content: "Why it goes",
            trigger: ".o_field_widget[name='decision'] input",
            run: "edit Seen with the bank",
        },
        {
            content: "Release it",
            trigger: "button[name='action_grant']",
            run: "click",
        },
        {
            content: "Released",
            trigger:
                ".o_statusbar_status .o_arrow_button_current[data-value='granted']",
        },
    ],
});

registry.category("web_tour.tours").add("recouvrement_release_used", {
    steps: () => [
        confirmOrder,
        {
            content: "The order is confirmed",
            trigger: ".o_statusbar_status .o_arrow_button_current[data-value='sale']",
        },
    ],
});

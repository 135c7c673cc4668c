/*
 * kinship.c - the tables of the plugin: what it takes, offers, answers.
 *
 * No code: whoever wants to know what the plugin does to the outside reads
 * this file.  Texts that the notices give stand as they give them.  Fields of
 * bodies and replies stand in the *_tables.c of their part.
 */

#include "bind.h"
#include "id_form.h"
#include "kinship.h"
#include "kinship_tables.h"
#include "paper.h"
#include "persons_walk.h"


#define DRAWING    25000                /* ms: an engine that is busy */
#define PAPER_JOB  30000                /* ms */


/* ---- options ----------------------------------------------------------- */

static const civic_option_t  options[] = {
    /* bindings */
    { .name = "match_upstream", .type = CIVIC_TYPE_STRING,
      .pattern = "[a-z0-9_-]{0,64}", .fallback = "\"\"",
      .zh = "核对亲属姓名与身份证号的上游名称；空为不核对",
      .en = "the upstream that compares a relative's name and number; empty: "
            "they are not compared" },
    { .name = "match_path", .type = CIVIC_TYPE_STRING, .pattern = "/[!-~]*",
      .fallback = "\"/v1/match\"",
      .zh = "上游的路径", .en = "where the upstream takes them" },

    /* paper */
    { .name = "signing_key", .type = CIVIC_TYPE_STRING,
      .max = SHARED_PAPER_FILE, .fallback = "\"\"",
      .zh = "签发离线码的私钥文件（P-256，PEM）；不填则不提供离线码",
      .en = "the file of the private key (P-256, PEM) that signs codes on "
            "paper; workers must be able to read it.  Absent: none are "
            "printed" },
    { .name = "old_keys", .type = CIVIC_TYPE_STRING,
      .max = SHARED_PAPER_FILE, .fallback = "\"\"",
      .zh = "仍然有效的旧公钥文件（PEM，可依次放多个）",
      .en = "a file of public keys (PEM, one behind the other) that are "
            "believed, too: of keys that signed before" },
    { .name = "issuer", .type = CIVIC_TYPE_STRING, .min = 1,
      .max = CIVIC_CWT_TEXT, .fallback = "\"civic\"",
      .zh = "离线码上的签发单位",
      .en = "who codes on paper say has issued them" },
};


static const char *const  csv[] = { "text/csv", NULL };

#define FILE_BYTES     (96 * 1024)
#define FILE_DEADLINE  60000            /* ms */


/* ---- routes ------------------------------------------------------------ */

#define PURPOSE  "health codes of oneself and one's family"

static const civic_route_t  routes[] = {
    /* codes */
    { .method = CIVIC_POST, .path = "/code", .handler = kinship_open,
      .roles = CIVIC_CITIZEN, .flags = CIVIC_CHANGES,
      .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .reply = kinship_open_reply, .problems = kinship_open_problems,
      .zh = "申领一码通", .en = "opens the own code" },
    { .method = CIVIC_GET, .path = "/code", .handler = kinship_show_own,
      .roles = CIVIC_CITIZEN, .purpose = PURPOSE,
      .query = kinship_show_query, .reply = kinship_show_reply,
      .problems = kinship_own_problems,
      .zh = "出示本人的一码通", .en = "shows the own code" },
    { .method = CIVIC_GET, .path = "/codes", .handler = kinship_show_all,
      .roles = CIVIC_CITIZEN, .purpose = PURPOSE,
      .reply = kinship_list_reply, .problems = kinship_all_problems,
      .zh = "本人和亲属的健康码（列表切换）",
      .en = "the own code and relatives', to switch between" },
    { .method = CIVIC_GET, .path = "/codes/{binding_id}",
      .handler = kinship_show_relative, .roles = CIVIC_CITIZEN,
      .purpose = PURPOSE, .query = kinship_show_query,
      .reply = kinship_show_reply, .problems = kinship_relative_problems,
      .zh = "查看亲属码", .en = "shows a relative's code" },
    { .method = CIVIC_GET, .path = "/looks", .handler = kinship_looks,
      .roles = CIVIC_CITIZEN, .purpose = PURPOSE,
      .query = kinship_looks_query, .reply = kinship_looks_reply,
      .problems = kinship_looks_problems,
      .zh = "谁看过本人或亲属的信息",
      .en = "who looked at the caller's data, or a relative's" },

    /* bindings */
    { .method = CIVIC_GET, .path = "/relations",
      .handler = kinship_relations_show, .roles = CIVIC_CITIZEN,
      .purpose = PURPOSE, .reply = kinship_relations_reply,
      .problems = kinship_store_problems,
      .zh = "可选的绑定关系，以及名额、年龄等规定",
      .en = "what 绑定关系 offers, and the numbers that pages name" },
    { .method = CIVIC_POST, .path = "/bindings", .handler = kinship_bind_ask,
      .roles = CIVIC_CITIZEN, .flags = CIVIC_CHANGES | CIVIC_CREATES,
      .cost = CIVIC_COST_WRITE, .purpose = PURPOSE, .status = 201,
      .body = kinship_ask_body, .reply = kinship_ask_reply,
      .problems = kinship_ask_problems,
      .zh = "绑定亲属关系：确认绑定", .en = "asks for a relative's code" },
    { .method = CIVIC_POST, .path = "/bindings/{binding_id}/agree",
      .handler = kinship_bind_agree, .roles = CIVIC_CITIZEN,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = kinship_agree_body, .reply = kinship_agree_reply,
      .problems = kinship_agree_problems,
      .zh = "同意协议并认证；幼儿不用人脸：亲属码信息认证承诺",
      .en = "agrees, and gives the pledge where no face is asked for" },
    { .method = CIVIC_POST, .path = "/bindings/{binding_id}/finish",
      .handler = kinship_bind_finish, .roles = CIVIC_CITIZEN,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = kinship_finish_body, .reply = kinship_binding_reply,
      .problems = kinship_finish_problems,
      .zh = "完成绑定；重复提交得到同一个绑定",
      .en = "binds; a repeat is answered with the same binding" },
    { .method = CIVIC_DELETE, .path = "/bindings/{binding_id}/request",
      .handler = kinship_bind_withdraw, .roles = CIVIC_CITIZEN,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .reply = kinship_ended_reply, .problems = kinship_withdraw_problems,
      .zh = "撤回尚未完成的绑定申请",
      .en = "takes back what was asked for and is not bound yet" },
    { .method = CIVIC_DELETE, .path = "/bindings/{binding_id}",
      .handler = kinship_bind_delete, .roles = CIVIC_CITIZEN,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .reply = kinship_ended_reply, .problems = kinship_delete_problems,
      .zh = "解绑", .en = "ends a binding" },
    { .method = CIVIC_GET, .path = "/guardians", .handler = kinship_holders,
      .roles = CIVIC_CITIZEN, .purpose = PURPOSE,
      .reply = kinship_holders_reply, .problems = kinship_store_problems,
      .zh = "谁绑定了我的健康码", .en = "who holds the caller's code" },
    { .method = CIVIC_POST, .path = "/guardians/{binding_id}/objection",
      .handler = kinship_objection, .roles = CIVIC_CITIZEN,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .reply = kinship_ended_reply, .problems = kinship_objection_problems,
      .zh = "对绑定提出异议，立即解除",
      .en = "the relative objects: it ends at once" },
    { .method = CIVIC_POST, .path = "/counter/look-up",
      .handler = kinship_counter_look_up, .roles = CIVIC_COUNTER,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = kinship_look_up_body, .reply = kinship_look_up_reply,
      .problems = kinship_look_up_problems,
      .zh = "窗口：谁绑定了这个人的健康码",
      .en = "the counter: who holds somebody's code" },
    { .method = CIVIC_POST, .path = "/counter/unbindings",
      .handler = kinship_counter_unbind, .roles = CIVIC_COUNTER,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = kinship_unbinding_body, .reply = kinship_ended_reply,
      .problems = kinship_unbinding_problems,
      .zh = "窗口：紧急解除绑定", .en = "the counter ends a binding at once" },
    { .method = CIVIC_POST, .path = "/counter/proofs",
      .handler = kinship_counter_prove, .roles = CIVIC_COUNTER,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = kinship_proof_body, .reply = kinship_proof_reply,
      .problems = kinship_proof_problems,
      .zh = "窗口：凭材料核实绑定，或为绑定人办理",
      .en = "the counter proves a binding by papers, or makes it" },

    /* paper */
    { .method = CIVIC_POST, .path = "/sheets", .handler = kinship_sheet_post,
      .roles = CIVIC_CITIZEN, .flags = CIVIC_CHANGES | CIVIC_CREATES,
      .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = kinship_sheet_body, .reply = kinship_sheet_reply,
      .status = 201, .problems = kinship_sheet_problems,
      .zh = "下载离线码：为本人、亲属生成",
      .en = "issues codes on paper, for oneself and relatives" },
    { .method = CIVIC_GET, .path = "/sheets/{sheet_id}/pdf",
      .handler = kinship_sheet_pdf, .roles = CIVIC_CITIZEN,
      .cost = CIVIC_COST_MEDIA, .purpose = PURPOSE,
      .problems = kinship_draw_problems, .deadline = DRAWING,
      .zh = "打印离线码（PDF，A4）", .en = "the sheet as a PDF" },
    { .method = CIVIC_GET, .path = "/sheets/{sheet_id}/png",
      .handler = kinship_sheet_png, .roles = CIVIC_CITIZEN,
      .cost = CIVIC_COST_MEDIA, .purpose = PURPOSE,
      .problems = kinship_draw_problems, .deadline = DRAWING,
      .zh = "离线码图片（PNG），用于保存至相册",
      .en = "the sheet as a picture, for a phone's album" },
    { .method = CIVIC_POST, .path = "/sheets/{sheet_id}/links",
      .handler = kinship_sheet_link_post, .roles = CIVIC_CITIZEN,
      .purpose = PURPOSE, .reply = kinship_link_reply,
      .problems = kinship_draw_problems,
      .zh = "离线码的短期链接，手机直接打开用",
      .en = "a link to the sheet, for phones that send no header" },
    { .method = CIVIC_GET, .path = "/links/{link}/pdf",
      .handler = kinship_link_pdf, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_MEDIA, .purpose = PURPOSE,
      .problems = kinship_link_problems, .deadline = DRAWING,
      .zh = "凭短期链接下载离线码（PDF）",
      .en = "the sheet as a PDF, by a link" },
    { .method = CIVIC_GET, .path = "/links/{link}/png",
      .handler = kinship_link_png, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_MEDIA, .purpose = PURPOSE,
      .problems = kinship_link_problems, .deadline = DRAWING,
      .zh = "凭短期链接下载离线码图片（PNG）",
      .en = "the sheet as a picture, by a link" },
    { .method = CIVIC_GET, .path = "/keys",
      .handler = kinship_paper_keys_get, .roles = CIVIC_ANYONE,
      .purpose = PURPOSE, .reply = kinship_paper_keys_reply,
      .problems = kinship_no_problems,
      .zh = "离线核验的公钥与界限",
      .en = "the public keys, to verify codes without a network" },
    { .method = CIVIC_GET, .path = "/revocations",
      .handler = kinship_revocations_get, .roles = CIVIC_ANYONE,
      .purpose = PURPOSE, .reply = kinship_revocations_reply,
      .problems = kinship_revocations_problems,
      .zh = "已作废的离线码名单（已签名）",
      .en = "the signed list of codes on paper that are revoked" },
    { .method = CIVIC_POST, .path = "/counter/lost-sheets",
      .handler = kinship_paper_lost, .roles = CIVIC_COUNTER,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = kinship_lost_body, .reply = kinship_lost_reply,
      .problems = kinship_lost_problems,
      .zh = "窗口：离线码遗失，全部作废",
      .en = "counter: a sheet was lost, the person's codes on paper are "
            "revoked" },

    /* staff */
    { .method = CIVIC_GET, .path = "/places", .handler = kinship_places,
      .roles = CIVIC_STAFF, .purpose = PURPOSE,
      .reply = kinship_places_reply, .problems = kinship_places_problems,
      .zh = "核验设备可设置的地点", .en = "what a verifier can be set to" },
    { .method = CIVIC_POST, .path = "/checks", .handler = kinship_check,
      .roles = CIVIC_DOOR | CIVIC_SAMPLER | CIVIC_COUNTER,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = kinship_check_body, .reply = kinship_check_reply,
      .problems = kinship_office_problems,
      .zh = "核验健康码、亲属码或离线码", .en = "what a scanned code is" },
    { .method = CIVIC_POST, .path = "/office/look-up",
      .handler = kinship_office_look_up, .roles = CIVIC_OFFICE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = kinship_facts_body, .reply = kinship_facts_reply,
      .problems = kinship_office_problems,
      .zh = "查询一人的健康信息（本人可见）",
      .en = "what is known of somebody; the person sees that it was asked" },
    { .method = CIVIC_POST, .path = "/office/measures",
      .handler = kinship_office_measure, .roles = CIVIC_OFFICE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = kinship_measure_body, .reply = kinship_measure_reply,
      .problems = kinship_office_problems,
      .zh = "设置防控措施", .en = "sets a measure" },
    { .method = CIVIC_POST, .path = "/office/measures/end",
      .handler = kinship_office_measure_end, .roles = CIVIC_OFFICE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = kinship_measure_end_body, .reply = kinship_changed_reply,
      .problems = kinship_office_end_problems,
      .zh = "结束防控措施", .en = "ends a measure" },
    { .method = CIVIC_POST, .path = "/office/measures/file",
      .handler = kinship_office_file, .roles = CIVIC_OFFICE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .raw = csv, .max_body = FILE_BYTES, .reply = kinship_file_reply,
      .problems = kinship_file_problems, .deadline = FILE_DEADLINE,
      .zh = "批量设置防控措施：每行 id_number,kind,since,until,reason,id_kind",
      .en = "sets many: lines of id_number,kind,since,until,reason,id_kind" },
    { .method = CIVIC_POST, .path = "/office/overrides",
      .handler = kinship_office_override, .roles = CIVIC_OFFICE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = kinship_override_body, .reply = kinship_changed_reply,
      .problems = kinship_office_end_problems,
      .zh = "人工核定颜色", .en = "overrides the colour" },
    { .method = CIVIC_POST, .path = "/office/overrides/end",
      .handler = kinship_office_override_end, .roles = CIVIC_OFFICE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = kinship_override_end_body, .reply = kinship_changed_reply,
      .problems = kinship_office_end_problems,
      .zh = "结束人工核定", .en = "ends an override" },
};


/* ---- problems ---------------------------------------------------------- */

static const civic_problem_def_t  problems[] = {
    /* codes */
    { "kinship_unproven", 403,
      "申领一码通前，请先完成实名登记和人脸认证。",
      "Prove who you are by your face first; then open your code." },
    { "kinship_own_age", 403,
      "不满{age}周岁的，请由监护人申领亲属码。",
      "A guardian opens the code of who is younger than {age}." },
    { "kinship_no_code", 404,
      "您还没有一码通，请先申领。",
      "You have no code yet. Open one first." },
    { "kinship_code_ended", 404,
      "该亲属的健康码已停用：健康信息处理的同意已撤回或到期。绑定仍在的，可按绑定"
      "步骤重新同意。",
      "This relative's code has ended, for the consent to it has. Whoever is "
      "still bound can give it anew by the steps of a binding." },

    /* bindings */
    SHARED_ID_PROBLEMS,
    SHARED_NAME_PROBLEMS,
    { "kinship_own_code_first", 409,
      "只有已拥有一码通的用户才能绑定亲属码。请先申领本人的一码通。",
      "Only somebody who has an own health code can bind a relative's. Apply "
      "for your own first." },
    { "kinship_channel", 403,
      "因个人信息认证问题，目前亲属码功能仅在支付宝端进行开放。",
      "For now family codes are only offered in Alipay. Open the "
      "mini-program there." },
    { "kinship_age", 0,
      "暂时只支持绑定{young}岁以下及{old}岁以上的亲属",
      "For now only relatives of {young} or younger, and of {old} or older, "
      "can be bound." },
    { "kinship_age_unknown", 0,
      "从这种证件号码看不出年龄，请到服务窗口办理。",
      "This kind of number does not say how old somebody is. Please go to the "
      "counter." },
    { "kinship_oneself", 0,
      "不能绑定本人。您本人的健康码在“一码通”中查看。",
      "You cannot bind yourself; your own code is shown as your own." },
    { "kinship_duplicate", 0,
      "您已绑定这位亲属，可在亲属码列表中查看。",
      "You have bound this relative already: see your list." },
    { "kinship_relation_unknown", 0,
      "请从列表中选择绑定关系。",
      "Choose a relation from the list." },
    { "kinship_relatives_full", 409,
      "每个用户最多可为{relatives}名家人申领亲属码。请先解除一个绑定。",
      "Everybody can bind {relatives|relative|relatives} at most. End a "
      "binding first." },
    { "kinship_guardians_full", 409,
      "这位亲属已被{guardians}位用户绑定，不能再绑定。您是监护人的，请携带能证明"
      "关系的材料到服务窗口办理。",
      "{guardians|person holds|people hold} this relative's code already, and "
      "that is the most. If you are the guardian, bring papers that show it "
      "to the counter." },
    { "kinship_no_match", 422,
      "姓名与身份证号不一致，请按亲属的身份证件或户口簿逐字核对。",
      "Name and identity number do not belong together. Compare them with the "
      "relative's document." },
    { "kinship_match_wait", 429,
      "核对过于频繁，请在{retry_after}秒后再试。",
      "You have tried this often. Try again in "
      "{retry_after|second|seconds}." },
    { "kinship_match_limit", 429,
      "今天核对的次数已用完。请在{retry_after}秒后再试，或到服务窗口办理。",
      "You have used all tries of today. Try again in "
      "{retry_after|second|seconds}, or go to the counter." },
    { "kinship_match_unavailable", 503,
      "暂时无法核对姓名与身份证号，您填写的内容没有丢失。请在{retry_after}秒后"
      "再试。",
      "Name and number cannot be compared right now; nothing is lost. Try "
      "again in {retry_after|second|seconds}." },
    { "kinship_asked_over", 409,
      "本次绑定已失效，请重新填写并确认绑定。",
      "This request has expired. Please enter the relative again." },
    { "kinship_agree_first", 409,
      "请先阅读并同意协议。",
      "Read the agreement and agree first." },
    { "kinship_not_agreed", 0,
      "须点击“同意协议并认证”才能继续。",
      "Please agree to continue." },
    { "kinship_not_pledged", 0,
      "0至{pledge}岁的小朋友不需要人脸识别，须作出亲属码信息认证承诺。",
      "No face is asked of children up to {pledge}: give the pledge "
      "instead." },
    { "kinship_flags", 0,
      "请逐项勾选敏感个人信息的同意。",
      "Each kind of sensitive data is to be ticked, and no other." },
    { "kinship_agreement_changed", 409,
      "协议已更新，请重新阅读并同意。",
      "The agreement has a new version. Please read it and agree again." },
    { "kinship_health_agreement", 409,
      "健康信息同意书已更新或有未勾选的项目，请重新阅读并同意。已完成的认证仍然"
      "有效。",
      "The text about health data has a new version, or something is not "
      "ticked: please agree again. The face that was shown still counts." },
    { "kinship_face_needed", 409,
      "请由亲属本人完成人脸识别后再继续。",
      "The relative has to face the phone first." },
    { "kinship_face_not_passed", 409,
      "人脸识别未通过，请重新认证。",
      "The face was not recognised. Please try again (重新认证)." },
    { "kinship_bound_before", 409,
      "您已绑定这位亲属，可在亲属码列表中查看。",
      "You have bound this relative already: see your list." },
    { "kinship_no_binding", 404,
      "没有这个绑定，可能已经解除。",
      "There is no such binding; it may have ended." },
    { "kinship_binding_damaged", 409,
      "这个绑定的记录已损坏，无法读取。请重新绑定这位亲属，或到服务窗口办理。",
      "What is kept of this binding is damaged. Please bind the relative "
      "again, or ask at the counter." },
    { "kinship_unbind_early", 409,
      "绑定亲情码成员{hours}小时后，才能进行解绑操作哦",
      "A binding can be ended {hours|hour|hours} after it was made, not "
      "before." },
    { "kinship_pledge_limit", 429,
      "今天作出的承诺已达上限。请在{retry_after}秒后再试，或携带能证明关系的材料"
      "到服务窗口办理。",
      "You have pledged as often as is possible in a day. Try again in "
      "{retry_after|second|seconds}, or bring papers to the counter." },
    { "kinship_pledge_over", 409,
      "凭承诺的临时绑定已到期。请重新绑定，或携带能证明关系的材料到服务窗口核实。",
      "This provisional binding is over. Bind anew, or bring papers to the "
      "counter." },
    { "kinship_aged", 409,
      "这位亲属的年龄已超出亲属码的范围，请由本人申领一码通。",
      "This relative is now older than relatives' codes are for. They apply "
      "for an own code." },
    { "kinship_guardian_no_code", 409,
      "绑定人还没有本人的一码通，请先在手机上申领。",
      "The guardian has no own code yet, and has to apply for it on the phone "
      "first." },
    { "kinship_guardian_not_agreed", 409,
      "绑定人尚未同意亲属码协议。请绑定人先在手机上填写这位亲属，并点击“同意协议"
      "并认证”。",
      "The guardian has not agreed yet: enter the relative on the phone, and "
      "agree, first." },

    /* paper */
    { "kinship_paper_off", 409,
      "本市暂未提供离线码，请出示手机上的健康码。",
      "Codes on paper are not offered here. Show the code on a phone." },
    { "kinship_paper_twice", 0,
      "同一位亲属只能选一次。",
      "A relative can be chosen once." },
    { "kinship_paper_no_own", 0,
      "您还没有申领一码通。",
      "You have no own code yet." },
    { "kinship_paper_nobody", 0,
      "请至少选择一个人。",
      "Choose at least one person." },
    { "kinship_paper_too_many", 429,
      "生成离线码过于频繁，请稍后再试。已生成的离线码仍可下载。",
      "Too many sheets were made. Try again later; the last one can still be "
      "downloaded." },
    { "kinship_sheet_over", 404,
      "离线码已失效或已作废，请重新生成。",
      "These codes are over or were revoked. Make new ones." },
    { "kinship_link_over", 404,
      "链接已失效，请重新打开离线码页面。",
      "This link is over. Open the page of the codes again." },
    { "kinship_drawing_down", 503,
      "下载的人较多或服务暂时不可用，请稍后再试。离线码已生成，不会丢失。",
      "The sheet cannot be drawn right now. Try again in a moment; the codes "
      "are there." },
    { "kinship_list_missing", 503,
      "名单尚未生成，请稍后再试。",
      "The list has not been made yet. Try again in a moment." },

    /* staff */
    { "kinship_place", 0,
      "没有这种地点，请重新设置核验设备。",
      "There is no such kind of place. Set the verifier up again." },
    { "kinship_measure_kind", 0,
      "没有这种措施。",
      "There is no such measure." },
    { "kinship_measure_until", 0,
      "截止时间须晚于开始，且不超过允许的天数。",
      "The end must be after the begin, and no more days than are allowed." },
    { "kinship_measure_many", 0,
      "该人的措施已达上限，请先结束不再需要的。",
      "This person has as many measures as there may be. End one first." },
    { "kinship_columns", 0,
      "这一行的列太多。",
      "This line has too many columns." },
    { "kinship_line", 0,
      "这一行不是UTF-8文字，或引号不成对。",
      "This line is not UTF-8, or has a quote that is not closed." },
    { "kinship_file_long", 422,
      "文件最多{lines}行，请分次上传。",
      "A file has {lines|line|lines} at most. Send it in parts." },
};


/* ---- rules ------------------------------------------------------------- */

static const civic_rule_def_t  rules[] = {
    /* codes */
    { .name = "age", .en = "when a year of age is complete" },
    { .name = "colour", .input = kinship_rule_colour,
      .en = "the colour of a code, its reason, and until when" },
    { .name = "own", .input = kinship_rule_own,
      .en = "whether somebody may open the own code" },
    { .name = "code", .input = kinship_rule_code,
      .en = "all that is asked of a code that is shown: its colour, how it "
            "looks, how long it lasts; of a relative's whether it is still "
            "bound" },
    { .name = "look", .en = "how often guardians' looks are noted, and how "
      "long looks are kept" },

    /* bindings */
    { .name = "terms", .en = "how many relatives and guardians; how long "
      "somebody may take to bind; the numbers that texts name" },
    { .name = "form", .en = "which numbers are taken, and which relations" },
    { .name = "channel", .input = kinship_channel_input,
      .en = "from where a relative can be bound" },
    { .name = "proof", .input = kinship_proof_input,
      .en = "of which age a relative is bound, by which proof and under which "
            "consent" },
    { .name = "match", .input = kinship_match_input,
      .en = "how often name and number are compared for somebody" },
    { .name = "pledge", .input = kinship_match_input,
      .en = "how often somebody pledges" },
    { .name = "unbind", .input = kinship_unbind_input,
      .en = "whether a guardian may end a binding now" },
    { .name = "keep", .input = kinship_keep_input,
      .en = "whether a binding stays: its relative's age, a pledge's time" },
    { .name = "message", .input = kinship_message_input,
      .en = "what people are told of bindings" },
    { .name = "rebuild", .en = "how often all is looked through" },

    /* paper */
    { .name = "paper", .en = "lives and bounds of codes on paper, what "
      "stands on a sheet, and of the list of those that are revoked" },

    /* staff */
    { .name = "place_list", .input = kinship_rule_language,
      .en = "what a verifier can be set to" },
    { .name = "place", .input = kinship_rule_place,
      .en = "whether relatives' codes hold at a place" },
    { .name = "verdict", .input = kinship_rule_verdict,
      .en = "what a verdict is called, and what to do" },
    { .name = "look_words", .input = kinship_rule_look_words,
      .en = "who looked at what, and why, in words" },
    { .name = "measure", .input = kinship_rule_measure,
      .en = "whether a measure can be set, and until when" },
    { .name = "override", .input = kinship_rule_override,
      .en = "whether an override can be set" },
    { .name = "retention", .en = "how long facts are kept" },
    { .name = "withdrawn", .input = kinship_rule_withdrawn,
      .en = "which facts stay when a consent ends: what makes a colour yet" },
};


/* ---- scripts ----------------------------------------------------------- */

static const civic_script_def_t  scripts[] = {
    /* codes */
    { "kinship_open", "opens somebody's own code" },
    { "kinship_facts", "stores what a colour is made of" },
    { "kinship_forget", "erases what is kept of a person's health" },
    { "kinship_trim", "deletes old lines of who looked" },
    { "kinship_look", "notes that somebody looked at a person's data" },

    /* bindings */
    { "kinship_note", "keeps what somebody who binds has asked for" },
    { "kinship_reserve", "a binding takes a place of the guardian's" },
    { "kinship_commit", "and one of the relative's, who decides" },
    { "kinship_confirm", "the guardian's place is the binding's" },
    { "kinship_void", "a binding stands, or never will" },
    { "kinship_release", "gives a guardian's place back" },
    { "kinship_restore", "gives a binding its place again" },
    { "kinship_unbind", "ends a binding, and what was printed" },
    { "kinship_prove", "a provisional binding is proven" },
    { "kinship_tidy", "forgets what was void long ago" },
    SHARED_PERSONS_WALK_SCRIPT,

    /* paper */
    { "kinship_sheet", "notes what a sheet of printed codes will have" },
    { "kinship_paper_where", "notes whose a printed code is" },
    { "kinship_paper_issue", "issues a printed code" },
    { "kinship_paper_revoke", "revokes a person's printed codes" },
    { "kinship_paper_over", "takes out printed codes that are over" },
    { "kinship_sheets_over", "takes out sheets that are over" },
    { "kinship_revoked", "puts codes into the index of what is revoked" },
    { "kinship_revoked_page", "reads a page of that index" },
    { "kinship_list_piece", "keeps a piece of the signed list" },
    { "kinship_list", "makes the pieces the list that stands" },
    SHARED_ASIDE_SCRIPT,
};


/* ---- calls ------------------------------------------------------------- */

static const civic_call_def_t  calls[] = {
    /* codes */
    { "scan", kinship_call_scan, "{code, place, site, what} -> {verdict, pid, "
      "kind, name}: what a scanned code is; the look is noted.  place: a kind "
      "of the rules; site: what it is called" },
    { "relatives", kinship_call_relatives, "{pid} -> {own, relatives: "
      "[{pid, binding_id, name, relation}]}: those whose data may be shown" },
    { "tested", kinship_call_tested, "{pid, tube, result, at, sampled_at, "
      "version, people} -> {changed}: a result becomes a fact" },
    { "look", kinship_call_look, "{pid, by, purpose, what, place, site}: notes "
      "a look; by is a guardian's pid, or empty for staff" },
    { "tell_guardians", kinship_call_tell_guardians, "{pid, what, once}: who "
      "may see that person's data is told, in the words of the rule "
      "message" },
    { "erase", kinship_call_erase, "{pid, purpose} -> {erased}" },
};


/* ---- jobs -------------------------------------------------------------- */

static const civic_job_def_t  jobs[] = {
    /* codes */
    { .name = "facts", .interval = 60, .shards = 4, .deadline = 30000,
      .run = kinship_facts_run,
      .en = "Forgets facts that were kept long enough." },
    { .name = "looks", .interval = 60, .shards = 4, .deadline = 30000,
      .run = kinship_looks_run,
      .en = "Forgets who looked, when it was kept long enough." },

    /* bindings */
    { .name = KINSHIP_SETTLE, .outbox = KINSHIP_SETTLE,
      .interval = 5, .shards = KINSHIP_SHARDS,
      .deadline = KINSHIP_JOB, .run = kinship_follow_run,
      .en = "Ends or completes bindings that were interrupted." },
    { .name = KINSHIP_TELL, .outbox = KINSHIP_TELL,
      .interval = 2, .shards = KINSHIP_SHARDS, .run = kinship_follow_run,
      .en = "Tells people of bindings that began or ended." },
    { .name = "mend", .interval = 30, .shards = KINSHIP_SHARDS,
      .run = kinship_mend_run,
      .en = "Looks through all guardians, for places that nothing stands on." },
    { .name = "mend_relatives", .interval = 30, .shards = KINSHIP_SHARDS,
      .run = kinship_mend_relatives_run,
      .en = "Looks through all relatives: guardians without a place, and the "
            "rule keep." },
    { .name = SHARED_ASIDE, .interval = SHARED_ASIDE_INTERVAL,
      .shards = KINSHIP_SHARDS, .run = kinship_follow_run,
      .en = "Tries what failed again and again." },

    /* paper */
    { .name = KINSHIP_REVOKED, .outbox = KINSHIP_REVOKED,
      .interval = 2, .shards = 16,
      .deadline = PAPER_JOB, .run = kinship_follow_run,
      .en = "Takes revoked codes on paper into the index." },
    { .name = "list", .interval = 10, .deadline = PAPER_JOB,
      .run = kinship_list_run,
      .en = "Makes the signed list of revoked codes." },
    { .name = "reindex", .interval = 10, .shards = 16,
      .deadline = PAPER_JOB, .run = kinship_reindex_run,
      .en = "Makes the index of revoked codes anew, of persons' records." },
    { .name = "sheets", .interval = 30, .shards = 4, .deadline = PAPER_JOB,
      .run = kinship_sheets_run, .en = "Forgets sheets that are over." },
};


/* ---- outboxes ---------------------------------------------------------- */

static const civic_outbox_def_t  outboxes[] = {
    /* bindings */
    { .name = KINSHIP_SETTLE, .en = "places of guardians to be looked at" },
    { .name = KINSHIP_TELL, .en = "bindings that began or ended" },
    { .name = KINSHIP_REVOKED, .en = "printed codes that count no more" },
    SHARED_ASIDE_OUTBOX,
};


/* ---- metrics: in the order of kinship_metric_t ------------------------- */

static const civic_metric_def_t  metrics[] = {
    /* codes */
    { "opened", "own codes opened" },
    { "shown", "codes shown" },
    { "unchanged", "codes that a phone had already" },
    { "checks_genuine", "codes verified that were genuine" },
    { "checks_refused", "codes verified that were not" },
    { "looks", "looks at somebody else's data that were noted" },
    { "forgotten", "facts and looks that were kept long enough" },

    /* bindings */
    { "bindings_asked", "relatives whom somebody asked to bind" },
    { "bindings_bound", "bindings made" },
    { "bindings_refused", "bindings refused because all places were taken" },
    { "bindings_displaced", "provisional bindings that gave way" },
    { "bindings_ended", "bindings ended" },
    { "bindings_settled", "places given back after an interruption" },
    { "bindings_mended", "places that a walk gave back to a binding" },
    { "bindings_told", "messages about bindings" },
    { "match_refused", "names that did not belong to the number" },
    { "match_limited", "comparisons refused because there were many" },
    { "match_down", "comparisons that the upstream did not answer" },

    /* paper */
    { "sheets", "sheets of codes on paper" },
    { "printed", "codes on paper issued" },
    { "drawn", "sheets drawn" },
    { "drawing_down", "sheets that could not be drawn" },
    { "paper_revoked", "codes on paper revoked by staff and erasures" },
    { "lists", "lists of revoked codes made" },
    { "lists_cut", "lists that could not have all revoked codes" },
    { "set_aside", "times that work failed for minutes, and was set aside" },
};


/* ---- purposes ---------------------------------------------------------- */

static const civic_purpose_def_t  purposes[] = {
    { KINSHIP_HEALTH, "what a health code's colour is made of" },
    { KINSHIP_SEALED, "families: who somebody is, bindings, who looked" },
    { KINSHIP_LIVE, "codes that a phone shows for some seconds" },
    { KINSHIP_LINK, "links that open a sheet of codes for some minutes" },
};


CIVIC_PLUGIN = {
    .name = "kinship",
    .version = "1.0.0",
    .zh = "一码通与亲属码：申领、绑定、展示、离线码与核验",
    .en = "health codes of oneself and one's family: shown, bound, printed, "
          "verified",
    .options = CIVIC_TABLE(options),
    .routes = CIVIC_TABLE(routes),
    .problems = CIVIC_TABLE(problems),
    .rules = CIVIC_TABLE(rules),
    .scripts = CIVIC_TABLE(scripts),
    .calls = CIVIC_TABLE(calls),
    .metrics = CIVIC_TABLE(metrics),
    .purposes = CIVIC_TABLE(purposes),
    .check = shared_paper_keys_check,
    .init_worker = kinship_init_worker,
    .exit_worker = kinship_exit_worker,
    .jobs = CIVIC_TABLE(jobs),
    .outboxes = CIVIC_TABLE(outboxes),
};

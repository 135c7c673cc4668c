/*
 * cmd_doctor.c - "civicctl doctor": would it work here, and if not, why?
 */

#include "ctl_text.h"
#include "doctor.h"


void
doctor_tell(doctor_t *doctor, doctor_grade_t grade, const char *zh,
    const char *en, ...)
{
    ctl_t    *ctl = doctor->ctl;
    va_list   args;
    static const char *const  marks[2][3] = {
        { "[正常] ", "[注意] ", "[问题] " },
        { "[ ok ] ", "[warn] ", "[FAIL] " }
    };

    doctor->warnings += grade == DOCTOR_WARNING;
    doctor->problems += grade == DOCTOR_PROBLEM;

    (void) fputs(marks[ctl->language == CIVIC_EN][grade], ctl->out);
    va_start(args, en);
    ctl_text_print(ctl->out, ctl->language, zh, en, args);
    va_end(args);
    (void) fputc('\n', ctl->out);
    (void) fflush(ctl->out);
}


int
ctl_cmd_doctor(ctl_t *ctl, int argc, char **argv)
{
    doctor_t     doctor = { .ctl = ctl };
    ctl_conf_t  *conf;

    (void) argv;

    if (argc != 1) {
        return ctl_usage(ctl, "civicctl doctor", "civicctl doctor");
    }

    conf = ctl_conf(ctl);

    if (conf == NULL) {
        return CTL_PROBLEM;
    }

    doctor_fit(&doctor, conf);
    doctor_conf(&doctor);
    doctor_rights(&doctor, conf);
    doctor_limits(&doctor, conf);
    doctor_upstreams(&doctor, conf);
    doctor_plugins(&doctor, conf);
    doctor_redis(&doctor, conf);
    doctor_blobs(&doctor, conf);
    doctor_audit(&doctor, conf);
    doctor_records(&doctor);

    ctl_say(ctl, "%u 个问题，%u 处注意",
            "%u {problem|problems}, %u {warning|warnings}", doctor.problems,
            doctor.warnings);

    return doctor.problems == 0 ? CTL_FINE : CTL_PROBLEM;
}

/*
 * applicant.js - what a citizen fills in, for the stories.
 */

const saved = (page) => page.getByText('已保存。').waitFor();

const field = (page, name) => page.locator(`[name="answers.${name}"]`);

/* Everything that the exam of Civic::Exam asks for. */
async function fillIn(page, education = 'e3') {
    await field(page, 'gender').first().check();
    await field(page, 'education').selectOption(education);
    await field(page, 'school').fill('青海大学');
    if (education === 'e3') {
        await field(page, 'degree').fill('理学学士');
    }
    await field(page, 'graduated').fill('2012-07-01');
    await field(page, 'years').fill('12');
    await field(page, 'phone').fill('13800000000');
    await field(page, 'disabled').last().check();
    await saved(page);
}

async function choosePosition(page, code) {
    await page.getByRole('button', { name: /选择职位|更换职位/ }).click();
    await page.locator('#q').fill(code);
    await page.waitForFunction((wanted) => {
        const found = document.querySelectorAll('.positions > li');

        return found.length === 1 && found[0].innerText.includes(wanted);
    }, code);
    await page.getByRole('button', { name: '选择该职位' }).click();
    await page.locator('fieldset[name=position]').getByText(code).waitFor();
    await saved(page);
}

const submit = (page) =>
    page.locator('#apply button[type=submit]').click();

module.exports = { choosePosition, field, fillIn, saved, submit };
